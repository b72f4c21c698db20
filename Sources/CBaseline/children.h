#pragma once
/* The isolated loop's children: processes of their own, two pipes each, frames in batches.
 *
 * A child may do what a host of the node's may do while it runs a step, and less: read, write and end (strict seccomp).
 * It is forked, not started, since what a start costs is not what is measured here; so are limits of memory and of the
 * processor, which cost a step nothing once they are set, and are left out. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    baseline_ahead = 16,    /* requests that a child has at most */
    baseline_per_write = 8, /* requests of one write */
    baseline_reply = 64,    /* bytes of a reply, as many as those of the node's host to a noop */
    baseline_buffer = 1 << 16,
};

struct baseline_frame { uint64_t length, id; };
struct baseline_answer { struct baseline_frame frame; char payload[baseline_reply]; };

struct baseline_child {
    pid_t pid;
    int requests, replies; /* the loop's ends of the pipes */
};

/* A child's life: reads what there is, answers all of it with one write. The id comes back as it was sent. */
static inline void baseline_child_lives(char *buffer, struct baseline_answer *answers) {
    size_t have = 0;
    for (;;) {
        ssize_t got = read(0, buffer + have, baseline_buffer - have);
        if (got <= 0) return;
        have += (size_t)got;
        size_t at = 0;
        int count = 0;
        for (struct baseline_frame frame; have - at >= sizeof frame; at += sizeof frame + frame.length) {
            memcpy(&frame, buffer + at, sizeof frame);
            if (have - at - sizeof frame < frame.length || count == baseline_ahead) break;
            answers[count++].frame.id = frame.id;
        }
        have -= at;
        memmove(buffer, buffer + at, have);
        size_t size = (size_t)count * sizeof *answers;
        if (size && write(1, answers, size) != (ssize_t)size) return;
    }
}

static inline void baseline_child_main(int requests, int replies) {
    static char buffer[baseline_buffer];
    static struct baseline_answer answers[baseline_ahead];
    for (int i = 0; i < baseline_ahead; i++) {
        answers[i].frame.length = baseline_reply;
        memset(answers[i].payload, '.', baseline_reply);
    }
    dup2(requests, 0);
    dup2(replies, 1);
    syscall(SYS_close_range, 3, ~0u, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, 1 /* SECCOMP_MODE_STRICT */, 0, 0, 0) == 0) baseline_child_lives(buffer, answers);
    /* Strict seccomp knows exit and not exit_group. */
    syscall(SYS_exit, 0);
}

/* Forks a child. To be called before the process has a client of librdkafka's. Returns 0, or -1 with errno. */
static inline int baseline_child_start(struct baseline_child *child) {
    int in[2], out[2];
    if (pipe(in) != 0) return -1;
    if (pipe(out) != 0) return close(in[0]), close(in[1]), -1;
    child->pid = fork();
    if (child->pid == 0) baseline_child_main(in[0], out[1]);
    close(in[0]);
    close(out[1]);
    child->requests = in[1];
    child->replies = out[0];
    if (child->pid > 0) return 0;
    int error = errno;
    close(in[1]);
    close(out[0]);
    errno = error;
    return -1;
}

static inline void baseline_child_stop(struct baseline_child *child) {
    close(child->requests);
    close(child->replies);
    kill(child->pid, SIGKILL);
    while (waitpid(child->pid, 0, 0) < 0 && errno == EINTR) {}
}
