// Linux calls that Glibc's Swift overlay hides: variadic ones, and ones whose header lies outside its module map.
// Each returns what the system call returns, or -errno where it says so.
#pragma once
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// glibc 2.34 has both; its headers show them to _GNU_SOURCE only.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
extern int pipe2(int ends[2], int flags);

// POSIX_SPAWN_SETSID (glibc 2.26), likewise hidden.
static const short linux_spawn_setsid = 0x80;

static inline int linux_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

static inline int linux_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

static inline int linux_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

static inline int linux_die_with_parent(void) { return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); }

static inline int linux_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

static inline int linux_name_thread(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

// How large the terminal behind a descriptor is. Returns 0, or -errno where there is none or it does not say.
static inline int linux_terminal_size(int descriptor, int *columns, int *rows) {
    struct winsize size;
    if (ioctl(descriptor, TIOCGWINSZ, &size) < 0) return -errno;
    if (size.ws_col == 0 || size.ws_row == 0) return -ENOTTY;
    *columns = size.ws_col;
    *rows = size.ws_row;
    return 0;
}

static inline int64_t linux_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// The bits of linux_wait's answer.
enum {
    linux_ready_output = 1,
    linux_ready_errors = 2,
    linux_ready_process = 4,
    linux_ready_wake = 8,
    linux_ready_input = 16,
};

// Waits for output, errors, process and wake to become readable and for input to become writable. A descriptor of -1
// is left out, a timeout below 0 waits without end. Returns the bits that are ready (a hang-up counts), 0 when the
// time is over, -errno otherwise.
static inline int linux_wait(int output, int errors, int process, int wake, int input, int64_t timeout_ns) {
    struct pollfd waited[5] = {
        {.fd = output, .events = POLLIN}, {.fd = errors, .events = POLLIN}, {.fd = process, .events = POLLIN},
        {.fd = wake, .events = POLLIN},   {.fd = input, .events = POLLOUT},
    };
    struct timespec timeout = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
    long ready = syscall(SYS_ppoll, waited, input < 0 ? 4 : 5, timeout_ns < 0 ? 0 : &timeout, 0, 0);
    if (ready < 0) return -errno;
    int bits = 0;
    for (int i = 0; i < 5; i++)
        if (waited[i].revents) bits |= 1 << i;
    return bits;
}

// How a process ended: code is CLD_EXITED, CLD_KILLED or CLD_DUMPED, and status the exit code or the signal. peak is
// its largest resident set in bytes, that of children it waited for included.
struct linux_ending {
    int code;
    int status;
    int64_t peak;
};

// Looks at the end of the child behind a pidfd, without waiting; reap != 0 also takes it out of the process table.
// Returns 1 when it has ended, 0 when it still runs, -errno otherwise.
static inline int linux_ending_of(int pidfd, int reap, struct linux_ending *ending) {
    siginfo_t info;
    struct rusage usage;
    info.si_pid = 0;
    // The raw call: the library's has no room for the usage.
    if (syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED | WNOHANG | (reap ? 0 : WNOWAIT), &usage) < 0) return -errno;
    if (info.si_pid == 0) return 0;
    ending->code = info.si_code;
    ending->status = info.si_status;
    ending->peak = (int64_t)usage.ru_maxrss * 1024;
    return 1;
}

// The processor time, in ns, of the process whose clock this is (clock_getcpuclockid): all its threads, not its
// children. -1 once the process has been reaped.
static inline int64_t linux_cpu_ns(clockid_t clock) {
    struct timespec used;
    if (clock_gettime(clock, &used) != 0) return -1;
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

// The resident pages in an open /proc/PID/statm, its second number, and in *shared how many of them are those of files
// and of shared memory, its third. 0 for a process that has ended.
static inline int64_t linux_resident_pages(int statm, int64_t *shared) {
    char text[96];
    long length = pread(statm, text, sizeof text, 0), at = 0;
    int64_t numbers[3] = {0, 0, 0};
    for (int i = 0; i < 3; i++, at++)
        for (; at < length && text[at] >= '0' && text[at] <= '9'; at++) numbers[i] = numbers[i] * 10 + (text[at] - '0');
    *shared = numbers[2];
    return numbers[1];
}
