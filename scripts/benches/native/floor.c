/* The floor: one send() of the same prebuilt frame for each member of a room, and nothing else.

   It speaks just enough WebSocket, Engine.IO and Socket.IO to let the crowd in. Its arguments are
   the text of the event; it prints "ready PORT", then obeys
     burst ROOMS EVENTS PER_TURN         send so many events to each room, and say "burst" */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST_ROOMS 10000
#define MOST_CLIENTS 65536
#define MOST_HELD 4096

/* The accept key of the one key that the crowd sends. */
#define UPGRADE                                                                                  \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"           \
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
#define OPEN                                                                                     \
    "0{\"sid\":\"s\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,"               \
    "\"maxPayload\":1000000}"

struct room {
    int *members;
    size_t count, space;
};

struct client {
    int upgraded;
    size_t held;
    char *text;
};

static struct room rooms[MOST_ROOMS];
static struct client clients[MOST_CLIENTS];
static char *event;
static size_t event_size;
static int epoll;

static void die(const char *what) {
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void put(int fd, const char *bytes, size_t size) {
    if (send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size) die("send");
}

static size_t frame(char *into, const char *text, size_t size) {
    size_t head = size < 126 ? 2 : 4;
    into[0] = (char)0x81;
    into[1] = (char)(size < 126 ? size : 126);
    if (head == 4) {
        into[2] = (char)(size >> 8);
        into[3] = (char)size;
    }
    memcpy(into + head, text, size);
    return head + size;
}

static void say(int fd, const char *text) {
    char out[200];
    put(fd, out, frame(out, text, strlen(text)));
}

static void enter(int fd, unsigned number) {
    if (number >= MOST_ROOMS) die("too many rooms");
    struct room *room = &rooms[number];
    if (room->count == room->space) {
        room->space = room->space ? room->space * 2 : 4;
        room->members = realloc(room->members, room->space * sizeof *room->members);
        if (!room->members) die("realloc");
    }
    room->members[room->count++] = fd;
}

static void on_text(int fd, const char *text) {
    unsigned ack, room;
    char out[40];
    if (!strcmp(text, "40")) {
        say(fd, "40{\"sid\":\"s\"}");
    } else if (sscanf(text, "42%u[\"join\",\"room-%u\"]", &ack, &room) == 2) {
        enter(fd, room);
        snprintf(out, sizeof out, "43%u[]", ack);
        say(fd, out);
    }
}

/* What the crowd sends is short, and masked with zeros. */
static size_t take_frame(int fd, const char *bytes, size_t have) {
    char text[126];
    size_t size = have < 2 ? 0 : bytes[1] & 0x7f;
    if (have < 2 || have < 6 + size) return 0;
    memcpy(text, bytes + 6, size);
    text[size] = 0;
    on_text(fd, text);
    return 6 + size;
}

static size_t take_request(int fd, const char *bytes, size_t have) {
    char out[400];
    const char *end = memmem(bytes, have, "\r\n\r\n", 4);
    if (!end) return 0;
    memcpy(out, UPGRADE, strlen(UPGRADE));
    put(fd, out, strlen(UPGRADE) + frame(out + strlen(UPGRADE), OPEN, strlen(OPEN)));
    clients[fd].upgraded = 1;
    return (size_t)(end + 4 - bytes);
}

static void on_readable(int fd) {
    struct client *c = &clients[fd];
    ssize_t size = read(fd, c->text + c->held, MOST_HELD - c->held);
    if (size <= 0) {
        close(fd);
        free(c->text);
        return;
    }
    c->held += (size_t)size;
    size_t used = 0, more;
    do {
        more = (c->upgraded ? take_frame : take_request)(fd, c->text + used, c->held - used);
        used += more;
    } while (more);
    c->held -= used;
    memmove(c->text, c->text + used, c->held);
}

static void let_in(int listener) {
    int one = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 || fd >= MOST_CLIENTS) die("accept");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    clients[fd] = (struct client){.text = malloc(MOST_HELD)};
    struct epoll_event watch = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &watch);
}

static void burst(unsigned many, unsigned events) {
    for (unsigned e = 0; e < events; e++)
        for (unsigned r = 0; r < many; r++)
            for (size_t m = 0; m < rooms[r].count; m++)
                put(rooms[r].members[m], event, event_size);
    puts("burst");
    fflush(stdout);
}

static void on_command(void) {
    char line[200];
    unsigned many, events, per_turn;
    ssize_t size = read(0, line, sizeof line - 1);
    if (size <= 0) exit(0); /* whoever commanded us is gone */
    line[size] = 0;
    if (sscanf(line, "burst %u %u %u", &many, &events, &per_turn) != 3) die("unknown command");
    burst(many, events);
}

static int listen_anywhere(void) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 1024)) die("listen");
    getsockname(fd, (struct sockaddr *)&address, &size);
    printf("ready %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

int main(int argc, char **argv) {
    struct epoll_event found[1024];
    if (argc != 2) die("one argument, the event");
    event = malloc(strlen(argv[1]) + 4);
    event_size = frame(event, argv[1], strlen(argv[1]));
    epoll = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_anywhere();
    struct epoll_event watch = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &watch);
    watch.data.fd = 0;
    epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &watch);
    for (;;) {
        int some = epoll_wait(epoll, found, 1024, -1);
        for (int i = 0; i < some; i++) {
            int fd = found[i].data.fd;
            if (fd == 0)
                on_command();
            else if (fd == listener)
                let_in(listener);
            else
                on_readable(fd);
        }
    }
}
