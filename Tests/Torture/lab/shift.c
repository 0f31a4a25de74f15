/* Preloaded: the wall clock alone is off by as many seconds as the first eight bytes of the file SHIFT_FILE say. Clocks that
 * only go forward stay as they are, as on a machine whose clock is set. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static _Atomic(int64_t *) shared;

static int64_t shift(void) {
    int64_t *there = atomic_load(&shared);
    if (!there) {
        const char *path = getenv("SHIFT_FILE");
        int file = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0) : -1;
        if (file < 0) return 0;
        there = mmap(NULL, sizeof *there, PROT_READ, MAP_SHARED, file, 0);
        syscall(SYS_close, file);
        if (there == MAP_FAILED) return 0;
        atomic_store(&shared, there);
    }
    return *(volatile int64_t *)there;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += shift();
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec precise;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out) *out = now.tv_sec;
    return now.tv_sec;
}
