/* Batches of UDP datagrams: one recvmmsg(2) or sendmmsg(2) for up to 64 of them. Linux only;
 * elsewhere wp_udp_available() is 0 and nothing else may be called.
 *
 * An address is 18 bytes: an IPv6 address (IPv4 is mapped into it) and a port, network order. */
#ifndef WP_UDP_BATCH_H
#define WP_UDP_BATCH_H

#include <stddef.h>
#include <stdint.h>

enum { WP_UDP_BATCH_COUNT = 64, WP_UDP_RECEIVE_SIZE_B = 1280, WP_UDP_ADDRESS_SIZE_B = 18 };

typedef struct wp_udp_batch wp_udp_batch;

int wp_udp_available(void);

/* A batch for sockets of one family, or NULL without memory. It both receives and sends. */
wp_udp_batch *wp_udp_batch_new(int ipv6);
void wp_udp_batch_free(wp_udp_batch *batch);

/* Takes what the socket holds: 0..64 datagrams, or a negative errno. Never blocks. */
int wp_udp_receive(wp_udp_batch *batch, int fd);
/* Datagram i of the last receive and its true size; of a longer one only 1280 bytes are there. */
uint8_t *wp_udp_received(wp_udp_batch *batch, int i, size_t *size, uint8_t *address);

/* Sets datagram i of the next send. The data stays where it is. */
void wp_udp_put(wp_udp_batch *batch, int i, uint8_t *data, size_t size, const uint8_t *address);
/* Sends datagrams first..last-1 in order and returns how many went, at least one; or a negative
 * errno, which is about datagram `first`. Never blocks. */
int wp_udp_send(wp_udp_batch *batch, int fd, int first, int last);

#endif
