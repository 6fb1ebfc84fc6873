"""`waypost.MailServer` with an archive that was filled before."""

import sys

from benchmarks.peers import control
from waypost import MailServer, PrivateKey, run


async def main(archive: str, password: str) -> None:
    async with MailServer(PrivateKey.generate(), archive, password=password) as server:
        await control.serve(server.enode)


if __name__ == "__main__":
    run(main(*sys.argv[1:]))
