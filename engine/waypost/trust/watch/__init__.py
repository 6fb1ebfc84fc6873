"""What happens in a registry, as it happens and without I/O: logs in, changes out.

`follower` reads the chain block by block, `logs` refuses what no honest node answers, `changes`
says what a log means, `cursor` where to go on. A node that tells of new blocks by itself only
makes the follower look: what it says there is not relied on, so nothing is lost with a connection.
"""
