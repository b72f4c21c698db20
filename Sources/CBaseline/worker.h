#pragma once
/* One of the two loops, as a whole: what Swift calls. */
#include <stdlib.h>
#include "isolated.h"
#include "plain.h"

struct baseline_worker {
    struct baseline_clients clients;
    struct baseline_isolated isolated;
};

static inline struct baseline_worker *baseline_worker_new(void) {
    return (struct baseline_worker *)calloc(1, sizeof(struct baseline_worker));
}

/* Starts the children, and the clients after them: a fork takes no threads along. The configurations are used up.
 * result_size: see baseline_result_begin. Returns 0, or -1 and says why in baseline_worker_problem. */
static inline int baseline_worker_start(
    struct baseline_worker *w, rd_kafka_conf_t *consumer, rd_kafka_conf_t *producer, const char *requests,
    const char *results, int children, size_t result_size) {
    struct baseline_clients *c = &w->clients;
    baseline_result_begin(&w->isolated.result, requests, result_size);
    if (baseline_start_children(&w->isolated, children) == 0)
        return baseline_open(c, consumer, producer, requests, results);
    snprintf(c->problem, sizeof c->problem, "cannot start a child: %s", strerror(errno));
    rd_kafka_conf_destroy(consumer);
    rd_kafka_conf_destroy(producer);
    return -1;
}

static inline pid_t baseline_worker_child(const struct baseline_worker *w, int index) {
    return w->isolated.children[index].pid;
}

static inline const char *baseline_worker_problem(const struct baseline_worker *w) { return w->clients.problem; }

/* Works until it is stopped, or until something goes wrong that is then in baseline_worker_problem. */
static inline void baseline_worker_run(struct baseline_worker *w) {
    if (w->isolated.count > 0) baseline_run_isolated(&w->clients, &w->isolated);
    else baseline_run_plain(&w->clients);
}

/* The only call for another thread. */
static inline void baseline_worker_stop(struct baseline_worker *w) { baseline_stop(&w->clients); }

static inline void baseline_worker_free(struct baseline_worker *w) {
    baseline_stop_children(&w->isolated);
    baseline_close(&w->clients);
    free(w);
}
