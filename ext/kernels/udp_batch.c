#define _GNU_SOURCE /* recvmmsg, sendmmsg */
#include "udp_batch.h"

#ifdef __linux__

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

typedef union {
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} endpoint;

typedef struct {
    struct mmsghdr headers[WP_UDP_BATCH_COUNT];
    struct iovec pieces[WP_UDP_BATCH_COUNT];
    endpoint peers[WP_UDP_BATCH_COUNT];
} ring;

struct wp_udp_batch {
    socklen_t endpoint_size;
    ring in;
    ring out;
    uint8_t buffers[WP_UDP_BATCH_COUNT][WP_UDP_RECEIVE_SIZE_B];
};

static const uint8_t MAPPED_PREFIX[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static void wire_up(ring *one, socklen_t endpoint_size) {
    for (int i = 0; i < WP_UDP_BATCH_COUNT; i++) {
        struct msghdr *header = &one->headers[i].msg_hdr;
        header->msg_name = &one->peers[i];
        header->msg_namelen = endpoint_size;
        header->msg_iov = &one->pieces[i];
        header->msg_iovlen = 1;
    }
}

int wp_udp_available(void) { /* sandboxes may lack a call that their kernel's headers have */
    return (recvmmsg(-1, NULL, 0, 0, NULL) == 0 || errno != ENOSYS) &&
           (sendmmsg(-1, NULL, 0, 0) == 0 || errno != ENOSYS);
}

wp_udp_batch *wp_udp_batch_new(int ipv6) {
    wp_udp_batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL) {
        return NULL;
    }
    batch->endpoint_size =
        (socklen_t)(ipv6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
    wire_up(&batch->in, batch->endpoint_size);
    wire_up(&batch->out, batch->endpoint_size);
    for (int i = 0; i < WP_UDP_BATCH_COUNT; i++) {
        batch->in.pieces[i].iov_base = batch->buffers[i];
        batch->in.pieces[i].iov_len = WP_UDP_RECEIVE_SIZE_B;
    }
    return batch;
}

void wp_udp_batch_free(wp_udp_batch *batch) { free(batch); }

int wp_udp_receive(wp_udp_batch *batch, int fd) {
    int count;
    for (int i = 0; i < WP_UDP_BATCH_COUNT; i++) {
        batch->in.headers[i].msg_hdr.msg_namelen = batch->endpoint_size; /* recvmmsg shrinks it */
    }
    int flags = MSG_DONTWAIT | MSG_TRUNC; /* msg_len: the true size, also where truncated */
    do {
        count = recvmmsg(fd, batch->in.headers, WP_UDP_BATCH_COUNT, flags, NULL);
    } while (count < 0 && errno == EINTR);
    return count < 0 ? -errno : count;
}

uint8_t *wp_udp_received(wp_udp_batch *batch, int i, size_t *size, uint8_t *address) {
    const endpoint *peer = &batch->in.peers[i];
    if (peer->v4.sin_family == AF_INET) {
        memcpy(address, MAPPED_PREFIX, 12);
        memcpy(address + 12, &peer->v4.sin_addr, 4);
        memcpy(address + 16, &peer->v4.sin_port, 2);
    } else {
        memcpy(address, &peer->v6.sin6_addr, 16);
        memcpy(address + 16, &peer->v6.sin6_port, 2);
    }
    *size = batch->in.headers[i].msg_len;
    return batch->buffers[i];
}

void wp_udp_put(wp_udp_batch *batch, int i, uint8_t *data, size_t size, const uint8_t *address) {
    endpoint *peer = &batch->out.peers[i];
    if (batch->endpoint_size == sizeof(struct sockaddr_in)) {
        peer->v4.sin_family = AF_INET;
        memcpy(&peer->v4.sin_addr, address + 12, 4);
        memcpy(&peer->v4.sin_port, address + 16, 2);
    } else {
        peer->v6.sin6_family = AF_INET6;
        memcpy(&peer->v6.sin6_addr, address, 16);
        memcpy(&peer->v6.sin6_port, address + 16, 2);
    }
    batch->out.pieces[i].iov_base = data;
    batch->out.pieces[i].iov_len = size;
}

int wp_udp_send(wp_udp_batch *batch, int fd, int first, int last) {
    int count;
    do {
        count = sendmmsg(fd, batch->out.headers + first, (unsigned)(last - first), MSG_DONTWAIT);
    } while (count < 0 && errno == EINTR);
    return count < 0 ? -errno : count;
}

#else

int wp_udp_available(void) { return 0; }
wp_udp_batch *wp_udp_batch_new(int ipv6) { return (void)ipv6, NULL; }
void wp_udp_batch_free(wp_udp_batch *batch) { (void)batch; }
int wp_udp_receive(wp_udp_batch *batch, int fd) { return (void)batch, (void)fd, -1; }

uint8_t *wp_udp_received(wp_udp_batch *batch, int i, size_t *size, uint8_t *address) {
    return (void)batch, (void)i, (void)size, (void)address, NULL;
}

void wp_udp_put(wp_udp_batch *batch, int i, uint8_t *data, size_t size, const uint8_t *address) {
    (void)batch, (void)i, (void)data, (void)size, (void)address;
}

int wp_udp_send(wp_udp_batch *batch, int fd, int first, int last) {
    return (void)batch, (void)fd, (void)first, (void)last, -1;
}

#endif
