// Linux calls that Glibc's Swift overlay hides: variadic ones, and ones whose header lies outside its module map.
// Each returns what the system call returns, or -errno where it says so.
#pragma once
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
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
// glibc 2.31, likewise hidden.
extern int pthread_clockjoin_np(pthread_t thread, void **result, clockid_t clock, const struct timespec *until);

// Joins a thread, until a time of the monotonic clock at the latest. Returns 0, or ETIMEDOUT where it still runs.
static inline int linux_join(pthread_t thread, int64_t until_ns) {
    struct timespec until = {.tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000};
    return pthread_clockjoin_np(thread, 0, CLOCK_MONOTONIC, &until);
}

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

// The largest resident set this process has had, in bytes.
static inline int64_t linux_own_peak(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (int64_t)usage.ru_maxrss * 1024 : INT64_MAX;
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

// Keeps other processes of the same user from reading this one's memory and environment.
static inline int linux_become_undumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

extern int setresuid(uid_t real, uid_t effective, uid_t saved);
extern int setresgid(gid_t real, gid_t effective, gid_t saved);
extern int setgroups(size_t count, const gid_t *groups);
extern int unshare(int flags);
extern int mount(
    const char *source, const char *target, const char *type, unsigned long flags, const void *options);

// Becomes another user for good, with the group of the same number and no others.
static inline int linux_become_user(uid_t user) {
    if (setgroups(0, 0) != 0 || setresgid(user, user, user) != 0) return -1;
    return setresuid(user, user, user);
}

// Gives up all capabilities, those a later exec as root would bring back among them.
static inline int linux_drop_capabilities(void) {
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    // Only with CAP_SETPCAP; without it the no-new-privileges flag keeps exec from giving any.
    for (int capability = 0; capability < 64; capability++) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    struct { uint32_t version; int pid; } header = {0x20080522, 0};
    struct { uint32_t effective, permitted, inheritable; } none[2] = {{0, 0, 0}, {0, 0, 0}};
    return (int)syscall(SYS_capset, &header, none);
}

// A mount namespace of its own, with an empty file system in memory on the directory, of at most so many bytes.
static inline int linux_private_directory(const char *directory, const char *options) {
    if (unshare(0x20000 /* CLONE_NEWNS */) != 0) return -1;
    if (mount("", "/", 0, 16384 | 1 << 18 /* MS_REC | MS_PRIVATE */, 0) != 0) return -1;
    return mount("tmpfs", directory, "tmpfs", 2 | 4 | 8 /* MS_NOSUID | MS_NODEV | MS_NOEXEC */, options);
}

// Landlock, as the kernel has it; the headers of older distributions do not know all of it.
struct linux_landlock_rules { uint64_t files, network, scopes; };
struct __attribute__((packed)) linux_landlock_path { uint64_t allowed; int32_t directory; };
enum { linux_landlock_create = 444, linux_landlock_add = 445, linux_landlock_restrict = 446 };

// The version of Landlock's interface, or -errno where there is none.
static inline int linux_landlock_version(void) {
    int version = (int)syscall(linux_landlock_create, 0, 0, 1);
    return version < 0 ? -errno : version;
}

// A set of rules that handles every access to files this kernel knows; with version 6, signals and abstract sockets of
// processes outside too. Returns a descriptor, or -1.
static inline int linux_landlock_begin(int version) {
    struct linux_landlock_rules rules = {0, 0, 0};
    int rights = version >= 5 ? 16 : version >= 3 ? 15 : version >= 2 ? 14 : 13;
    rules.files = ((uint64_t)1 << rights) - 1;
    if (version >= 4) rules.network = 3;
    if (version >= 6) rules.scopes = 3;
    return (int)syscall(linux_landlock_create, &rules, version >= 6 ? 24 : version >= 4 ? 16 : 8, 0);
}

enum { linux_landlock_reading, linux_landlock_writing };

// Allows reading and executing, or everything, below a path. What does not exist is left out.
static inline int linux_landlock_allow(int rules, int version, const char *path, int how) {
    // -100: AT_FDCWD; O_PATH | O_CLOEXEC
    int directory = (int)syscall(SYS_openat, -100, path, 010000000 | 02000000);
    if (directory < 0) return errno == ENOENT || errno == EACCES ? 0 : -1;
    int rights = version >= 5 ? 16 : version >= 3 ? 15 : version >= 2 ? 14 : 13;
    uint64_t all = ((uint64_t)1 << rights) - 1;
    // execute, write a file, read a file, read a directory; truncate, ioctl
    uint64_t of_files = 1 | 2 | 4 | (1 << 14) | (1 << 15);
    struct linux_landlock_path rule = {how == linux_landlock_writing ? all : (1 | 4 | 8), directory};
    int result = (int)syscall(linux_landlock_add, rules, 1, &rule, 0);
    if (result != 0 && errno == EINVAL) {
        // No directory: then only what a file knows may be named.
        rule.allowed &= of_files & all;
        result = (int)syscall(linux_landlock_add, rules, 1, &rule, 0);
    }
    close(directory);
    return result;
}

static inline int linux_landlock_enter(int rules) { return (int)syscall(linux_landlock_restrict, rules, 0); }

#if defined(__x86_64__)
#define LINUX_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define LINUX_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

// Keeps signals of this process and what it starts among them. Returns the result of the system call, and 0 where the
// kernel (before Linux 6.12) does not know of it.
static inline int linux_keep_signals(void) {
    if (linux_landlock_version() < 6) return 0;
    struct linux_landlock_rules rules = {0, 0, 2};
    int descriptor = (int)syscall(linux_landlock_create, &rules, sizeof rules, 0);
    if (descriptor < 0) return -1;
    int result = linux_landlock_enter(descriptor);
    close(descriptor);
    return result;
}

// Refuses, with EPERM, what ends one process from outside: signals to it, to its group and to everybody, its descriptor,
// and limits set on it. Needs no kernel newer than what this program runs on, and costs a call some ten nanoseconds.
static inline int linux_refuse_signals_to(pid_t process, pid_t group) {
#ifdef LINUX_ARCHITECTURE
    static const int senders[] = {
        SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_pidfd_open, SYS_prlimit64,
    };
    enum { calls = sizeof senders / sizeof senders[0], targets = 3 };
    const int target[targets] = {process, -group, -1};
    struct sock_filter program[calls + targets + 7];
    int at = 0;
    program[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4);
    // A program of another architecture is let run: who hides behind one is a case for a stricter sandbox.
    program[at++] = (struct sock_filter)BPF_JUMP(
        BPF_JMP | BPF_JEQ | BPF_K, LINUX_ARCHITECTURE, 0, calls + 1);
    program[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
    for (int i = 0; i < calls; i++)
        program[at++] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, (unsigned)senders[i], (unsigned char)(calls - i), 0);
    program[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    program[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 16);
    for (int i = 0; i < targets; i++)
        program[at++] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, (unsigned)target[i], (unsigned char)(targets - i), 0);
    program[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    program[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    struct sock_fprog filter = {(unsigned short)at, program};
    // SECCOMP_SET_MODE_FILTER with SECCOMP_FILTER_FLAG_SPEC_ALLOW: older kernels make filtered processes slower else.
    return (int)syscall(SYS_seccomp, 1, 4, &filter);
#else
    (void)process, (void)group;
    errno = ENOSYS;
    return -1;
#endif
}

// Refuses, with EPERM, sockets, namespaces, mounts, other processes' memory, and what reaches into the kernel. Threads,
// processes, pipes, socket pairs and files stay as they are.
static inline int linux_refuse_calls(void) {
#ifdef LINUX_ARCHITECTURE
    static const int refused[] = {
        SYS_socket, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_mount, SYS_umount2,
        SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_keyctl,
        SYS_add_key, SYS_request_key, SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_init_module,
        SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_swapon, SYS_swapoff, SYS_acct,
        SYS_quotactl, SYS_io_uring_setup, 428 /* open_tree */, 429 /* move_mount */, 430 /* fsopen */,
        438 /* pidfd_getfd */, 442 /* mount_setattr */,
    };
    enum { count = sizeof refused / sizeof refused[0] };
    struct sock_filter program[count + 16];
    int at = 0;
    struct sock_filter eperm = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    program[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4);
    program[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LINUX_ARCHITECTURE, 1, 0);
    program[at++] = eperm;
    program[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
    // The x32 numbers of x86-64.
    program[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
    program[at++] = eperm;
    // clone3 keeps its flags where a filter cannot see them; the library falls back to clone.
    program[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 435, 0, 1);
    program[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
    for (int i = 0; i < count; i++)
        program[at++] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, (unsigned)refused[i], (unsigned char)(count - i + 3), 0);
    program[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 2);
    program[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 16);
    // CLONE_NEW*: cgroup, uts, ipc, user, pid, net, mount, time
    program[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x7E020080, 1, 0);
    program[at++] = allow;
    program[at++] = eperm;
    struct sock_fprog filter = {(unsigned short)at, program};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
#else
    errno = ENOSYS;
    return -1;
#endif
}
