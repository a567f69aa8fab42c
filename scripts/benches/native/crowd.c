/* A crowd of Socket.IO clients in one process: it costs the machine as little as clients can.

   With the argument "eager" it does not sleep while events are due, so that no server has to pay
   for waking it up; then it wants a core for itself. It reads commands, one a line, and answers each with one line:
     open PORT COUNT DEPTH FIRST ROOMS JOINS
                     connect; DEPTH 0: Engine.IO only, 1: Socket.IO, 2: each in so many of the rooms
     expect EVENTS   say so, and once more when so many events came to all of them together
     latencies       how many of these events carried a mark, and p50 and p99 in microseconds
     sleep           the first client reads nothing any more
     close           all leave
   Answers end with the number of clients that the server has cut off. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define AT_ONCE 64          /* handshakes under way: fewer than the backlog of any server */
#define ONE_ADDRESS 5000    /* clients of one source address, so that ports do not run out */
#define MARKED "42[\"order:new\",{\"mark\":"

enum depth { ENGINE, SESSION, ROOMS };
enum stage { UPGRADING, OPENING, READY, LOST };

struct client {
    int fd, number, acks;
    enum stage stage;
    size_t held;
    char *carry; /* the beginning of a frame whose end has not come yet */
};

static struct client *clients;
static int epoll, port, count, begun, ready, lost, first, rooms, joins;
static enum depth depth;
static long target, got;
static uint32_t *took;
static size_t timed, room_for;
static char buffer[1 << 20];

static void die(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("crowd: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    exit(1);
}

static void answer(const char *format, ...) {
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    printf(" %d\n", lost);
    fflush(stdout);
}

static long microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000L + now.tv_nsec / 1000;
}

static void lose(struct client *c) {
    if (c->stage != READY) die("client %d was refused", c->number);
    close(c->fd);
    c->stage = LOST;
    if (++lost == count && got < target) die("every client was cut off");
}

static void put(struct client *c, const void *bytes, size_t size) {
    if (send(c->fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size) lose(c);
}

/* A mask of zeros leaves the payload as it is. */
static size_t frame(char *into, int opcode, const char *payload, size_t size) {
    into[0] = (char)(0x80 | opcode);
    into[1] = (char)(0x80 | size);
    memset(into + 2, 0, 4);
    memcpy(into + 6, payload, size);
    return size + 6;
}

static void say(struct client *c, int opcode, const char *payload, size_t size) {
    char out[160];
    put(c, out, frame(out, opcode, payload, size));
}

static void join(struct client *c) {
    char out[64 * 50], text[50];
    size_t size = 0;
    for (int j = 0; j < joins; j++) {
        int room = first + (int)(((long)c->number + (long)j * count) % rooms);
        int length = snprintf(text, sizeof text, "42%d[\"join\",\"room-%d\"]", j, room);
        size += frame(out + size, 1, text, (size_t)length);
    }
    put(c, out, size);
}

static void begin(void);

static void arrived(struct client *c) {
    c->stage = READY;
    if (++ready == count)
        answer("opened %d", count);
    else if (begun < count)
        begin();
}

static void note_time(const char *mark) {
    long sent = atol(mark);
    if (sent == 0) return;
    if (timed == room_for) {
        room_for = room_for ? room_for * 2 : 1 << 16;
        took = realloc(took, room_for * sizeof *took);
        if (!took) die("out of memory");
    }
    took[timed++] = (uint32_t)(microseconds() - sent);
}

static void on_event(const char *text, size_t size) {
    if (size > sizeof MARKED && !memcmp(text, MARKED, sizeof MARKED - 1))
        note_time(text + sizeof MARKED - 1);
    if (++got == target) answer("got %ld", got);
}

static void on_entering(struct client *c, const char *text) {
    if (text[0] == '0' && depth == ENGINE)
        arrived(c);
    else if (text[0] == '0')
        say(c, 1, "40", 2);
    else if (!memcmp(text, "40", 2) && depth == SESSION)
        arrived(c);
    else if (!memcmp(text, "40", 2))
        join(c);
    else if (!memcmp(text, "43", 2) && ++c->acks == joins)
        arrived(c);
    else if (memcmp(text, "43", 2))
        die("client %d did not expect %.40s", c->number, text);
}

static void on_text(struct client *c, const char *text, size_t size) {
    if (text[0] == '2')
        say(c, 1, "3", 1);
    else if (size > 1 && !memcmp(text, "42", 2))
        on_event(text, size);
    else if (size && c->stage == OPENING)
        on_entering(c, text);
}

static void on_frame(struct client *c, int opcode, const char *payload, size_t size) {
    if (opcode == 1)
        on_text(c, payload, size);
    else if (opcode == 8)
        lose(c);
    else if (opcode == 9)
        say(c, 10, payload, size);
    else
        die("a frame with opcode %d", opcode);
}

/* Returns the size of the head of a frame, 0 while it is incomplete. */
static size_t head(const unsigned char *bytes, size_t have, size_t *payload) {
    if (have < 2) return 0;
    *payload = bytes[1] & 0x7f;
    if (*payload < 126) return 2;
    size_t more = *payload == 126 ? 2 : 8;
    if (have < 2 + more) return 0;
    *payload = 0;
    for (size_t i = 0; i < more; i++) *payload = *payload << 8 | bytes[2 + i];
    return 2 + more;
}

static size_t take_frames(struct client *c, const char *bytes, size_t have) {
    size_t used = 0, payload;
    while (c->stage != LOST) {
        size_t start = head((const unsigned char *)bytes + used, have - used, &payload);
        if (!start || have - used < start + payload) break;
        on_frame(c, bytes[used] & 0x0f, bytes + used + start, payload);
        used += start + payload;
    }
    return used;
}

static size_t take_response(struct client *c, const char *bytes, size_t have) {
    const char *end = memmem(bytes, have, "\r\n\r\n", 4);
    if (!end) return 0;
    if (memcmp(bytes, "HTTP/1.1 101", 12)) die("no upgrade: %.40s", bytes);
    c->stage = OPENING;
    return (size_t)(end + 4 - bytes);
}

static void keep(struct client *c, const char *rest, size_t size) {
    char *old = c->carry;
    c->carry = size ? malloc(size) : NULL;
    if (size) memcpy(c->carry, rest, size);
    c->held = size;
    free(old);
}

static void on_readable(struct client *c) {
    if (c->stage == LOST) return;
    size_t have = c->held, used = 0;
    if (have) memcpy(buffer, c->carry, have);
    ssize_t size = read(c->fd, buffer + have, sizeof buffer - have);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) {
        lose(c);
        return;
    }
    have += (size_t)size;
    if (c->stage == UPGRADING) used = take_response(c, buffer, have);
    if (c->stage != UPGRADING) used += take_frames(c, buffer + used, have - used);
    if (used < have || c->held) keep(c, buffer + used, have - used);
}

static void bind_source(int fd, int number) {
    int one = 1;
    struct sockaddr_in from = {.sin_family = AF_INET};
    from.sin_addr.s_addr = htonl(0x7f000002u + (uint32_t)(number / ONE_ADDRESS));
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&from, sizeof from)) die("bind: %s", strerror(errno));
}

static void begin(void) {
    struct client *c = &clients[begun];
    *c = (struct client){.number = begun, .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (c->fd < 0) die("socket %d: %s", begun, strerror(errno));
    bind_source(c->fd, begun);
    begun++;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(c->fd, (struct sockaddr *)&to, sizeof to)) die("connect: %s", strerror(errno));
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event watch = {.events = EPOLLIN, .data.u32 = (uint32_t)c->number};
    epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &watch);
    char request[300];
    int size = snprintf(request, sizeof request,
                        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
                        "Host: 127.0.0.1:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        "Sec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", port);
    put(c, request, (size_t)size);
}

static void leave(void) {
    for (int i = 0; i < begun; i++) {
        if (clients[i].stage != LOST) close(clients[i].fd);
        free(clients[i].carry);
    }
    free(clients);
    clients = NULL;
    count = begun = ready = lost = 0;
}

static void enter(const char *line) {
    int how;
    if (sscanf(line, "open %d %d %d %d %d %d", &port, &count, &how, &first, &rooms, &joins) != 6)
        die("what is %s", line);
    if (joins > 64 || rooms < 1) die("too many joins or no rooms");
    depth = (enum depth)how;
    clients = calloc((size_t)count, sizeof *clients);
    while (begun < count && begun < AT_ONCE) begin();
}

/* Whatever came beyond what was last waited for is an event that somebody heard twice. */
static void expect(const char *line) {
    if (got > target) die("%ld events more than were sent", got - target);
    got = 0;
    timed = 0;
    target = atol(line + strlen("expect "));
    answer("expecting");
}

static int by_size(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

/* By the nearest rank. */
static uint32_t percentile(unsigned percent) {
    size_t rank = (timed * percent + 99) / 100;
    return timed ? took[rank ? rank - 1 : 0] : 0;
}

static void tell_latencies(void) {
    qsort(took, timed, sizeof *took, by_size);
    answer("latencies %zu %u %u", timed, percentile(50), percentile(99));
}

static void obey(const char *line) {
    if (!strncmp(line, "open ", 5)) {
        enter(line);
    } else if (!strncmp(line, "expect ", 7)) {
        expect(line);
    } else if (!strcmp(line, "latencies")) {
        tell_latencies();
    } else if (!strcmp(line, "sleep")) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, clients[0].fd, NULL);
        answer("asleep");
    } else if (!strcmp(line, "close")) {
        leave();
        answer("closed");
    } else {
        die("what is %s", line);
    }
}

static void on_command(void) {
    static char text[4096];
    static size_t held;
    ssize_t size = read(0, text + held, sizeof text - held - 1);
    if (size <= 0) exit(0); /* whoever commanded us is gone */
    held += (size_t)size;
    text[held] = 0;
    char *line = text, *end;
    while ((end = strchr(line, '\n'))) {
        *end = 0;
        obey(line);
        line = end + 1;
    }
    held = strlen(line);
    memmove(text, line, held);
}

int main(int argc, char **argv) {
    int eager = argc > 1 && !strcmp(argv[1], "eager");
    struct epoll_event found[1024];
    struct epoll_event commands = {.events = EPOLLIN, .data.u32 = UINT32_MAX};
    epoll = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &commands);
    for (;;) {
        int some = epoll_wait(epoll, found, 1024, eager && got < target ? 0 : -1);
        for (int i = 0; i < some; i++) {
            if (found[i].data.u32 == UINT32_MAX)
                on_command();
            else if (clients)
                on_readable(&clients[found[i].data.u32]);
        }
    }
}
