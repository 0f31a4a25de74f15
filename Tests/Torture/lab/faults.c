/* Preloaded: counts the calls that change files below a folder, and lets one of them go wrong.
 *
 *   FAULTS_BELOW    the folder
 *   FAULTS_LOG      a file that gets one line a call: its name and its path
 *   FAULTS_AT       the number of the call, from 1; 0 for every call
 *   FAULTS_DO       kill (before the call), tear (after half of a write), or fail
 *   FAULTS_ERRNO    what a call that fails says
 *   FAULTS_CALLS    names between commas; these alone count
 *   FAULTS_WHILE    a file; nothing goes wrong while it is not there
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum verdict { GO_ON, TEAR, FAIL };

static atomic_int calls;

static const char *setting(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

static int is_counted(const char *call) {
    char list[300], item[40];
    const char *wanted = setting("FAULTS_CALLS");
    if (!*wanted) return 1;
    snprintf(list, sizeof list, ",%s,", wanted);
    snprintf(item, sizeof item, ",%s,", call);
    return strstr(list, item) != NULL;
}

static void end_here(void) {
    syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
    for (;;) pause();
}

static void note(const char *call, const char *path) {
    const char *log = setting("FAULTS_LOG");
    if (!*log) return;
    int file = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) return;
    char line[5000];
    int length = snprintf(line, sizeof line, "%s %s\n", call, path);
    syscall(SYS_write, file, line, (size_t)length);
    syscall(SYS_close, file);
}

static enum verdict judge(const char *call, const char *path) {
    const char *below = setting("FAULTS_BELOW");
    if (!*below || !path || strncmp(path, below, strlen(below)) != 0 || !is_counted(call)) return GO_ON;
    int before = errno;
    enum verdict verdict = GO_ON;
    const char *what = setting("FAULTS_DO"), *condition = setting("FAULTS_WHILE");
    struct stat there;
    int number = atomic_fetch_add(&calls, 1) + 1, at = atoi(setting("FAULTS_AT"));
    note(call, path);
    if (*what && (at == 0 || at == number) && (!*condition || stat(condition, &there) == 0)) {
        if (!strcmp(what, "kill")) end_here();
        if (!strcmp(what, "tear")) verdict = TEAR;
        if (!strcmp(what, "fail")) verdict = FAIL;
    }
    errno = before;
    return verdict;
}

static enum verdict judge_open_file(const char *call, int file) {
    char link[40], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    int before = errno;
    ssize_t length = readlink(link, path, sizeof path - 1);
    errno = before;
    if (length <= 0) return GO_ON;
    path[length] = 0;
    return judge(call, path);
}

static int fail(void) {
    errno = atoi(setting("FAULTS_ERRNO"));
    if (!errno) errno = EIO;
    return -1;
}

/* Stands in for a function: asks for a verdict, then calls the real one. */
#define STAND_IN(type, name, parameters, arguments, asked, tearing)                  \
    type name parameters {                                                           \
        static type(*real) parameters;                                               \
        if (!real) real = (type(*) parameters)dlsym(RTLD_NEXT, #name);               \
        enum verdict fate = asked;                                                   \
        if (fate == FAIL) return fail();                                             \
        if (fate == TEAR) { tearing; }                                               \
        type result = real arguments;                                                \
        if (fate == TEAR) end_here();                                                \
        return result;                                                               \
    }

STAND_IN(ssize_t, write, (int file, const void *bytes, size_t count), (file, bytes, count),
         judge_open_file("write", file), count /= 2)
STAND_IN(ssize_t, pwrite, (int file, const void *bytes, size_t count, off_t at), (file, bytes, count, at),
         judge_open_file("pwrite", file), count /= 2)
STAND_IN(ssize_t, pwrite64, (int file, const void *bytes, size_t count, off64_t at), (file, bytes, count, at),
         judge_open_file("pwrite", file), count /= 2)
STAND_IN(int, fsync, (int file), (file), judge_open_file("fsync", file), )
STAND_IN(int, fdatasync, (int file), (file), judge_open_file("fdatasync", file), )
STAND_IN(int, ftruncate, (int file, off_t length), (file, length), judge_open_file("ftruncate", file), )
STAND_IN(int, ftruncate64, (int file, off64_t length), (file, length), judge_open_file("ftruncate", file), )
STAND_IN(int, rename, (const char *from, const char *to), (from, to), judge("rename", to), )
STAND_IN(int, unlink, (const char *path), (path), judge("unlink", path), )
STAND_IN(int, mkdir, (const char *path, mode_t mode), (path, mode), judge("mkdir", path), )

/* Opening counts where it makes a file. */
#define STAND_IN_OPEN(name)                                                                            \
    int name(const char *path, int flags, ...) {                                                       \
        static int (*real)(const char *, int, ...);                                                    \
        if (!real) real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name);                    \
        int mode = 0, before = errno;                                                                  \
        struct stat there;                                                                             \
        if (flags & (O_CREAT | O_TMPFILE)) {                                                           \
            va_list more;                                                                              \
            va_start(more, flags);                                                                     \
            mode = va_arg(more, int);                                                                  \
            va_end(more);                                                                              \
        }                                                                                              \
        int makes = (flags & O_CREAT) && stat(path, &there) != 0;                                      \
        errno = before;                                                                                \
        enum verdict fate = makes ? judge("open", path) : GO_ON;                                       \
        if (fate == FAIL) return fail();                                                               \
        int result = real(path, flags, mode);                                                          \
        if (fate == TEAR) end_here();                                                                  \
        return result;                                                                                 \
    }

STAND_IN_OPEN(open)
STAND_IN_OPEN(open64)
