/*
 * Stands between a process and the files below one directory, by LD_PRELOAD. Three environment variables say what it does:
 *
 * DISK_DIR     the directory, without links in its path
 * DISK_FAULTS  a file that says which calls fail; it is read anew at each call, so a test changes it while the process runs.
 *              Each line: call (write, fsync), part of a file's name (its end, if $ follows; or *), fate. A fate is EIO, ENOSPC, or stall: the call
 *              waits until the line is gone.
 * DISK_TRACE   a file to record what reaches the disk, in order: see record(). Recorded under one lock with the call itself,
 *              except that a sync is recorded when it begins and when it ends, as others write meanwhile.
 *
 * What could change a file in a way that is not recorded (a shared mapping, fallocate, sendfile) is recorded as UNKNOWN, so
 * that a reader can refuse the trace. Index files of WALs (-shm) are left out: they mean nothing after a crash.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CREATE = 1, WRITE, TRUNCATE, SYNC_BEGIN, SYNC_END, UNLINK, RENAME, MKDIR, UNKNOWN };

#define REAL(name) ((__typeof__(&name))real(#name))

static const char *dir;
static const char *faults;
static size_t dir_length;
static int trace = -1;
static int64_t syncs;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL) {
        fprintf(stderr, "disk: no %s\n", name);
        abort();
    }
    return found;
}

__attribute__((constructor)) static void begin(void) {
    dir = getenv("DISK_DIR");
    faults = getenv("DISK_FAULTS");
    dir_length = dir == NULL ? 0 : strlen(dir);
    const char *path = getenv("DISK_TRACE");
    if (dir != NULL && path != NULL) {
        trace = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (trace < 0) {
            perror("disk: cannot open the trace");
            abort();
        }
    }
}

static int ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* The name below the directory ("" for itself), NULL if it lies elsewhere or means nothing after a crash. */
static const char *below(const char *path) {
    if (dir == NULL || strncmp(path, dir, dir_length) != 0) {
        return NULL;
    }
    if (path[dir_length] == 0) {
        return "";
    }
    if (path[dir_length] != '/' || ends_with(path, "-shm")) {
        return NULL;
    }
    const char *name = path + dir_length + 1;
    return strncmp(name, "native", 6) == 0 ? NULL : name;
}

static const char *name_of_fd(int fd, char *buffer) {
    if (dir == NULL) {
        return NULL;
    }
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, buffer, PATH_MAX - 1);
    if (length < 0) {
        return NULL;
    }
    buffer[length] = 0;
    return ends_with(buffer, " (deleted)") ? NULL : below(buffer);
}

static const char *name_of_path(int at, const char *path, char *buffer) {
    if (dir == NULL) {
        return NULL;
    }
    if (path[0] == '/') {
        return below(path);
    }
    char base[PATH_MAX];
    const char *name;
    if (at == AT_FDCWD) {
        if (getcwd(base, sizeof base) == NULL || strncmp(base, dir, dir_length) != 0) {
            return NULL;
        }
        if (snprintf(buffer, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) {
            return NULL;
        }
        return below(buffer);
    }
    name = name_of_fd(at, base);
    if (name == NULL) {
        return NULL;
    }
    return snprintf(buffer, PATH_MAX, "%s%s%s", name, *name ? "/" : "", path) >= PATH_MAX ? NULL : buffer;
}

/* kind (1), length of the name (4), name, number (8), length of the data (4), data; little-endian. */
static void record(int kind, const char *name, int64_t number, const void *data, uint32_t length) {
    if (trace < 0) {
        return;
    }
    uint8_t byte = (uint8_t)kind;
    uint32_t name_length = (uint32_t)strlen(name);
    struct iovec parts[] = {{&byte, 1}, {&name_length, 4}, {(void *)name, name_length},
                            {&number, 8}, {&length, 4}, {(void *)data, length}};
    ssize_t whole = 17 + (ssize_t)name_length + length;
    if (REAL(writev)(trace, parts, 6) != whole) {
        perror("disk: cannot write the trace");
        abort();
    }
}

static int matches(const char *name, char *part) {
    char *last = part + strlen(part) - 1;
    if (*last == '$') {
        *last = 0;
        return ends_with(name, part);
    }
    return strcmp(part, "*") == 0 || strstr(name, part) != NULL;
}

/* What is to become of this call: 0 for nothing, an errno, or -1 to wait. */
static int fate(const char *call, const char *name) {
    char text[1024];
    int fd = REAL(open)(faults, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0) {
        close(fd);
    }
    text[length < 0 ? 0 : length] = 0;
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        char which[16], part[128], what[16];
        if (sscanf(line, "%15s %127s %15s", which, part, what) != 3 || strcmp(which, call) != 0 || !matches(name, part)) {
            continue;
        }
        return strcmp(what, "EIO") == 0 ? EIO : strcmp(what, "ENOSPC") == 0 ? ENOSPC : -1;
    }
    return 0;
}

/* Whether the call may go on; otherwise errno says why not. */
static int allowed(const char *call, const char *name) {
    if (faults == NULL || name == NULL) {
        return 1;
    }
    int found;
    while ((found = fate(call, name)) < 0) {
        usleep(2000);
    }
    errno = found;
    return found == 0;
}

static int open_file(int at, const char *path, int flags, mode_t mode) {
    char buffer[PATH_MAX];
    const char *name = trace < 0 ? NULL : name_of_path(at, path, buffer);
    if (name == NULL || (flags & (O_CREAT | O_TRUNC)) == 0) {
        return REAL(openat)(at, path, flags, mode);
    }
    pthread_mutex_lock(&lock);
    int existed = faccessat(at, path, F_OK, 0) == 0;
    int fd = REAL(openat)(at, path, flags, mode);
    if (fd >= 0 && !existed) {
        record(CREATE, name, 0, NULL, 0);
    } else if (fd >= 0 && (flags & O_TRUNC)) {
        record(TRUNCATE, name, 0, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

#define MODE(flags)                                                                                                            \
    mode_t mode = 0;                                                                                                           \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                                                     \
        va_list more;                                                                                                          \
        va_start(more, flags);                                                                                                 \
        mode = va_arg(more, mode_t);                                                                                           \
        va_end(more);                                                                                                          \
    }

int open(const char *path, int flags, ...) {
    MODE(flags)
    return open_file(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE(flags)
    return open_file(AT_FDCWD, path, flags, mode);
}

int openat(int at, const char *path, int flags, ...) {
    MODE(flags)
    return open_file(at, path, flags, mode);
}

int openat64(int at, const char *path, int flags, ...) {
    MODE(flags)
    return open_file(at, path, flags, mode);
}

static ssize_t put(int fd, const struct iovec *parts, int count, off_t offset, int positioned) {
    char buffer[PATH_MAX];
    const char *name = name_of_fd(fd, buffer);
    if (!allowed("write", name)) {
        return -1;
    }
    if (name == NULL || trace < 0) {
        return positioned ? REAL(pwritev)(fd, parts, count, offset) : REAL(writev)(fd, parts, count);
    }
    pthread_mutex_lock(&lock);
    off_t at = positioned ? offset : lseek(fd, 0, SEEK_CUR);
    ssize_t written = positioned ? REAL(pwritev)(fd, parts, count, offset) : REAL(writev)(fd, parts, count);
    if (!positioned && (fcntl(fd, F_GETFL) & O_APPEND) && written > 0) {
        at = lseek(fd, 0, SEEK_CUR) - written;
    }
    ssize_t left = written;
    for (int i = 0; i < count && left > 0; i++) {
        uint32_t length = (uint32_t)(left < (ssize_t)parts[i].iov_len ? left : (ssize_t)parts[i].iov_len);
        record(WRITE, name, at, parts[i].iov_base, length);
        at += length;
        left -= length;
    }
    pthread_mutex_unlock(&lock);
    return written;
}

ssize_t write(int fd, const void *data, size_t length) {
    struct iovec part = {(void *)data, length};
    return put(fd, &part, 1, 0, 0);
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
    struct iovec part = {(void *)data, length};
    return put(fd, &part, 1, offset, 1);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
    return pwrite(fd, data, length, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    return put(fd, parts, count, 0, 0);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    return put(fd, parts, count, offset, 1);
}

int ftruncate(int fd, off_t length) {
    char buffer[PATH_MAX];
    const char *name = name_of_fd(fd, buffer);
    if (name == NULL) {
        return REAL(ftruncate)(fd, length);
    }
    pthread_mutex_lock(&lock);
    int result = REAL(ftruncate)(fd, length);
    if (result == 0) {
        record(TRUNCATE, name, length, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate64(int fd, off64_t length) {
    return ftruncate(fd, length);
}

static int sync_file(int fd, int (*call)(int)) {
    char buffer[PATH_MAX];
    const char *name = name_of_fd(fd, buffer);
    if (!allowed("fsync", name)) {
        return -1;
    }
    if (name == NULL || trace < 0) {
        return call(fd);
    }
    pthread_mutex_lock(&lock);
    int64_t number = ++syncs;
    record(SYNC_BEGIN, name, number, NULL, 0);
    pthread_mutex_unlock(&lock);
    int result = call(fd);
    if (result == 0) {
        pthread_mutex_lock(&lock);
        record(SYNC_END, name, number, NULL, 0);
        pthread_mutex_unlock(&lock);
    }
    return result;
}

int fsync(int fd) {
    return sync_file(fd, REAL(fsync));
}

int fdatasync(int fd) {
    return sync_file(fd, REAL(fdatasync));
}

int unlinkat(int at, const char *path, int flags) {
    char buffer[PATH_MAX];
    const char *name = name_of_path(at, path, buffer);
    if (name == NULL) {
        return REAL(unlinkat)(at, path, flags);
    }
    pthread_mutex_lock(&lock);
    int result = REAL(unlinkat)(at, path, flags);
    if (result == 0) {
        record(UNLINK, name, 0, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int unlink(const char *path) {
    return unlinkat(AT_FDCWD, path, 0);
}

int renameat(int from_at, const char *from, int to_at, const char *to) {
    char from_buffer[PATH_MAX], to_buffer[PATH_MAX];
    const char *from_name = name_of_path(from_at, from, from_buffer);
    const char *to_name = name_of_path(to_at, to, to_buffer);
    if (from_name == NULL && to_name == NULL) {
        return REAL(renameat)(from_at, from, to_at, to);
    }
    pthread_mutex_lock(&lock);
    int result = REAL(renameat)(from_at, from, to_at, to);
    if (result == 0 && (from_name == NULL || to_name == NULL)) {
        record(UNKNOWN, from_name == NULL ? to_name : from_name, 0, NULL, 0);
    } else if (result == 0) {
        record(RENAME, from_name, 0, to_name, (uint32_t)strlen(to_name));
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int rename(const char *from, const char *to) {
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int mkdir(const char *path, mode_t mode) {
    char buffer[PATH_MAX];
    const char *name = name_of_path(AT_FDCWD, path, buffer);
    pthread_mutex_lock(&lock);
    int result = REAL(mkdir)(path, mode);
    if (result == 0 && name != NULL) {
        record(MKDIR, name, 0, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

static void unknown(int fd) {
    char buffer[PATH_MAX];
    const char *name = trace < 0 ? NULL : name_of_fd(fd, buffer);
    if (name != NULL) {
        pthread_mutex_lock(&lock);
        record(UNKNOWN, name, 0, NULL, 0);
        pthread_mutex_unlock(&lock);
    }
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
    if (fd >= 0 && (protection & PROT_WRITE) && (flags & MAP_SHARED)) {
        unknown(fd);
    }
    return REAL(mmap)(address, length, protection, flags, fd, offset);
}

void *mmap64(void *address, size_t length, int protection, int flags, int fd, off64_t offset) {
    return mmap(address, length, protection, flags, fd, offset);
}

int posix_fallocate(int fd, off_t offset, off_t length) {
    unknown(fd);
    return REAL(posix_fallocate)(fd, offset, length);
}

int posix_fallocate64(int fd, off64_t offset, off64_t length) {
    return posix_fallocate(fd, offset, length);
}

int fallocate(int fd, int mode, off_t offset, off_t length) {
    unknown(fd);
    return REAL(fallocate)(fd, mode, offset, length);
}

int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
    return fallocate(fd, mode, offset, length);
}

ssize_t sendfile(int to, int from, off_t *offset, size_t count) {
    ssize_t (*call)(int, int, off_t *, size_t) = real("sendfile");
    unknown(to);
    return call(to, from, offset, count);
}

ssize_t sendfile64(int to, int from, off64_t *offset, size_t count) {
    return sendfile(to, from, offset, count);
}

ssize_t copy_file_range(int from, off64_t *from_offset, int to, off64_t *to_offset, size_t count, unsigned flags) {
    unknown(to);
    return REAL(copy_file_range)(from, from_offset, to, to_offset, count, flags);
}
