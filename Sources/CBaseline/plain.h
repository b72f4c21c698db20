#pragma once
/* The plain loop: every request is produced as its own result, with its key, and nothing stands between. */
#include "clients.h"

/* Produces the whole batch, waiting for room where there is none. */
static inline void baseline_produce_batch(struct baseline_clients *c, rd_kafka_message_t *batch, int count) {
    while (count > 0 && baseline_goes_on(c)) {
        int left = 0;
        if (rd_kafka_produce_batch(c->results, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, batch, count) < count)
            for (int i = 0; i < count; i++)
                if (batch[i].err) batch[left++] = batch[i];
        count = left;
        if (count > 0) rd_kafka_poll(c->producer, 1);
    }
}

static inline void baseline_run_plain(struct baseline_clients *c) {
    rd_kafka_message_t *taken[baseline_batch], copies[baseline_batch];
    while (baseline_goes_on(c)) {
        int count = baseline_take(c, taken, baseline_batch);
        memset(copies, 0, sizeof *copies * (size_t)count);
        for (int i = 0; i < count; i++) {
            copies[i].payload = taken[i]->payload;
            copies[i].len = taken[i]->len;
            copies[i].key = taken[i]->key;
            copies[i].key_len = taken[i]->key_len;
        }
        baseline_produce_batch(c, copies, count);
        for (int i = 0; i < count; i++) rd_kafka_message_destroy(taken[i]);
        rd_kafka_poll(c->producer, 0);
        if (baseline_commit_due(c)) baseline_commit(c, c->next);
        struct pollfd wake = {.fd = c->wake};
        if (count == 0) baseline_wait(&wake, 1);
    }
}
