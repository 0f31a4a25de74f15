/* Preloaded: names and routes as the file NETWORK_FILE has them, read at each question; every connection that is tried is
 * noted in NETWORK_LOG. Lines of NETWORK_FILE:
 *
 *   name HOST ADDRESS…     what a name resolves to; '*' is every name that has no line of its own
 *   names-dead             no name resolves, for now
 *   links-dead             nobody can be reached
 *   route ADDRESS TO PORT  connections to this address go to that one of the loopback network
 *
 * Unix sockets are left alone. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Whom a socket that was routed believes itself connected to. */
static struct sockaddr_in believed[65536];

typedef int (*resolver)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
typedef int (*connector)(int, const struct sockaddr *, socklen_t);
typedef int (*namer)(int, struct sockaddr *, socklen_t *);

/* The file's first line that begins with these words; an empty second word fits any. */
static int find(const char *word, const char *second, char *line, int size) {
    const char *path = getenv("NETWORK_FILE");
    FILE *file = path ? fopen(path, "re") : NULL;
    int found = 0;
    while (file && !found && fgets(line, size, file)) {
        char first[80] = "", next[300] = "";
        sscanf(line, "%79s %299s", first, next);
        found = !strcmp(first, word) && (!*second || !strcasecmp(next, second));
    }
    if (file) fclose(file);
    return found;
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **result) {
    static resolver real;
    if (!real) real = (resolver)dlsym(RTLD_NEXT, "getaddrinfo");
    unsigned char numeric[16];
    char line[4000], name[300];
    if (!host || inet_pton(AF_INET, host, numeric) == 1 || inet_pton(AF_INET6, host, numeric) == 1)
        return real(host, service, hints, result);
    if (find("names-dead", "", line, sizeof line)) return EAI_AGAIN;
    snprintf(name, sizeof name, "%s", host);
    if (*name && name[strlen(name) - 1] == '.') name[strlen(name) - 1] = 0;
    if (!find("name", name, line, sizeof line) && !find("name", "*", line, sizeof line))
        return real(host, service, hints, result);
    struct addrinfo wanted = {0}, **end = result;
    if (hints) wanted = *hints;
    wanted.ai_flags = AI_NUMERICHOST;
    *result = NULL;
    char *rest = NULL;
    strtok_r(line, " \n", &rest);
    strtok_r(NULL, " \n", &rest);
    for (char *address; (address = strtok_r(NULL, " \n", &rest));)
        if (real(address, service, &wanted, end) == 0)
            while (*end) end = &(*end)->ai_next;
    return *result ? 0 : EAI_NONAME;
}

int connect(int socket, const struct sockaddr *to, socklen_t length) {
    static connector real;
    if (!real) real = (connector)dlsym(RTLD_NEXT, "connect");
    char address[80] = "", line[4000];
    int port = 0;
    if (to->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)to;
        inet_ntop(AF_INET, &four->sin_addr, address, sizeof address);
        port = ntohs(four->sin_port);
    } else if (to->sa_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)to;
        inet_ntop(AF_INET6, &six->sin6_addr, address, sizeof address);
        port = ntohs(six->sin6_port);
    }
    if (!*address) return real(socket, to, length);
    const char *log = getenv("NETWORK_LOG");
    int file = log ? (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (file >= 0) {
        char noted[120];
        int size = snprintf(noted, sizeof noted, "%s %d\n", address, port);
        syscall(SYS_write, file, noted, (size_t)size);
        syscall(SYS_close, file);
    }
    if (find("links-dead", "", line, sizeof line)) {
        errno = ENETUNREACH;
        return -1;
    }
    if (socket >= 0 && socket < 65536) believed[socket].sin_family = 0;
    if (to->sa_family == AF_INET && find("route", address, line, sizeof line)) {
        char there[80];
        int other = 0;
        struct sockaddr_in routed = {.sin_family = AF_INET};
        if (sscanf(line, "route %*s %79s %d", there, &other) == 2 && inet_pton(AF_INET, there, &routed.sin_addr) == 1) {
            routed.sin_port = htons((uint16_t)other);
            if (socket >= 0 && socket < 65536) believed[socket] = *(const struct sockaddr_in *)to;
            return real(socket, (const struct sockaddr *)&routed, sizeof routed);
        }
    }
    return real(socket, to, length);
}

int getpeername(int socket, struct sockaddr *restrict peer, socklen_t *restrict length) {
    static namer real;
    if (!real) real = (namer)dlsym(RTLD_NEXT, "getpeername");
    int result = real(socket, peer, length);
    int is_routed = socket >= 0 && socket < 65536 && believed[socket].sin_family == AF_INET;
    if (result == 0 && is_routed && peer->sa_family == AF_INET && *length >= sizeof believed[socket])
        *(struct sockaddr_in *)peer = believed[socket];
    return result;
}
