/// The counters a node has. The raw value is the metric's name; `descriptor` says the rest.
package enum CounterMetric: String, Sendable, CaseIterable {
    case requests = "optimizer_requests_total"
    case deadlocks = "optimizer_deadlock_total"
    case stalls = "optimizer_stalls_total"
    case retries = "optimizer_retries_total"
    case failedAttempts = "optimizer_failed_attempts_total"
    case retryBudgetSpent = "optimizer_retry_budget_spent_total"
    case deadLetters = "optimizer_dead_letters_total"
    case unknownFields = "optimizer_unknown_fields_total"

    case pauses = "optimizer_pauses_total"
    case pauseSeconds = "optimizer_pause_seconds_total"
    case holds = "optimizer_holds_total"
    case holdSeconds = "optimizer_hold_seconds_total"

    case hostRestarts = "optimizer_host_restarts_total"
    case slotBusySeconds = "optimizer_slot_busy_seconds_total"
    case throttledSeconds = "optimizer_throttled_seconds_total"
    case limitBreaches = "optimizer_limit_breaches_total"
    case stepCPUSeconds = "optimizer_step_cpu_seconds_total"

    case rebalances = "optimizer_rebalances_total"
    case commits = "optimizer_commits_total"
    case commitFailures = "optimizer_commit_failures_total"
    case transactions = "optimizer_transactions_total"
    case metadataFull = "optimizer_metadata_full_total"
    case offsetResets = "optimizer_offset_resets_total"
    case skippedRecords = "optimizer_skipped_records_total"
    case publishFailures = "optimizer_publish_failures_total"
    case metricsEvents = "optimizer_metrics_events_total"
    case metricsEventsDropped = "optimizer_metrics_events_dropped_total"
    case seriesDropped = "optimizer_metrics_series_dropped_total"

    case kafkaReceivedBytes = "optimizer_kafka_received_bytes_total"
    case kafkaSentBytes = "optimizer_kafka_sent_bytes_total"
    case kafkaRefetchedBytes = "optimizer_kafka_refetched_bytes_total"
    case kafkaErrors = "optimizer_kafka_errors_total"

    case logLinesDropped = "optimizer_log_lines_dropped_total"

    case processCPUSeconds = "process_cpu_seconds_total"
}

extension CounterMetric {
    package var descriptor: MetricDescriptor {
        let (help, labels) = explanation
        let unit: MetricUnit =
            rawValue.hasSuffix("_seconds_total") ? .seconds : rawValue.hasSuffix("_bytes_total") ? .bytes : .none
        return MetricDescriptor(name: rawValue, kind: .counter, unit: unit, help: help, labels: labels)
    }

    private var explanation: (help: String, labels: [MetricLabel]) {
        switch self {
        case .requests: ("Requests whose terminal result is acknowledged, by its status", [.strategy, .status])
        case .deadlocks: ("Deadlocks found among running steps and recovered from", [])
        case .stalls: ("Times the watchdog found work queued, slots free or overdue, and nothing moving", [])
        case .retries: ("Requests put back into the queue after a host was lost or a deadlock was broken", [])
        case .failedAttempts: ("Runs that failed and are followed by another, by how they ended", [.strategy, .status])
        case .retryBudgetSpent:
            ("Runs that failed and are followed by no other, since the strategy's retries are spent", [.strategy])
        case .deadLetters: ("Records that the dead-letter topic has taken", [])
        case .unknownFields: ("Unknown top-level fields in requests, which were ignored", [])
        case .pauses: ("Times partitions were paused because a hold lasted", [])
        case .pauseSeconds: ("Time during which any assigned partition was paused", [])
        case .holds: ("Times the node stopped taking requests because the queue was at its bound", [])
        case .holdSeconds: ("Time during which the node held, paused or not", [])
        case .hostRestarts: ("Hosts that were replaced, by why", [.restartReason])
        case .slotBusySeconds: ("Time slots spent running steps, summed over the slots", [])
        case .throttledSeconds: ("Time steps were stopped for using more processor than they may", [.strategy])
        case .limitBreaches: ("Steps ended for exceeding a limit", [.strategy, .limitedResource])
        case .stepCPUSeconds: ("Processor time steps used", [.strategy])
        case .rebalances: ("Changes of the assignment, by kind", [.rebalanceKind])
        case .commits: ("Commits the group coordinator accepted", [])
        case .commitFailures: ("Commits that failed, whether or not they were tried again", [])
        case .transactions: ("Transactions of results and offsets, by how they ended", [.transactionOutcome])
        case .metadataFull:
            ("Times a partition was held, since what was done of it might not have fitted into its commit", [])
        case .offsetResets: ("Times a committed offset was out of range and was moved to the low watermark", [])
        case .skippedRecords: ("Records that were gone before they could be taken, from offset resets", [])
        case .publishFailures: ("Messages that could not be delivered to a topic", [.destination])
        case .metricsEvents: ("Metrics events handed to the producer, by type", [.eventType])
        case .metricsEventsDropped: ("Metrics events dropped because their queue was full or delivery failed", [])
        case .seriesDropped: ("Series refused because their metric already has as many as it may", [])
        case .kafkaReceivedBytes: ("Bytes received from brokers", [.client])
        case .kafkaSentBytes: ("Bytes sent to brokers", [.client])
        case .kafkaRefetchedBytes:
            ("Bytes of records that came while their partitions were paused, to be fetched again", [])
        case .kafkaErrors: ("Errors the Kafka client reported", [.client])
        case .logLinesDropped: ("Log lines that nobody read in time, or that could not be written", [])
        case .processCPUSeconds: ("Processor time of the node itself, user and system, without its hosts", [])
        }
    }
}
