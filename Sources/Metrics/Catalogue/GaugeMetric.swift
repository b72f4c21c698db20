/// The gauges a node has, the ones that say something in their labels included. The raw value is the metric's name.
package enum GaugeMetric: String, Sendable, CaseIterable {
    case running = "optimizer_running"
    case queueDepth = "optimizer_queue_depth"
    case queueDepthLimit = "optimizer_queue_depth_limit"
    case inFlight = "optimizer_in_flight"
    case inFlightLimit = "optimizer_in_flight_limit"
    case inFlightBytes = "optimizer_in_flight_bytes"
    case waiting = "optimizer_requests_waiting"
    case delayed = "optimizer_requests_delayed"
    case oldestRequestAge = "optimizer_oldest_request_age_seconds"
    case unacknowledged = "optimizer_results_unacknowledged"
    case oldestUnacknowledged = "optimizer_oldest_unacknowledged_seconds"

    case slots = "optimizer_slots"
    case resourceUsage = "optimizer_resource_usage"
    case interference = "optimizer_interference_ratio"
    case strategySlots = "optimizer_strategy_slots"
    case strategySuspended = "optimizer_strategy_suspended"
    case strategyStartFailures = "optimizer_strategy_start_failures"
    case strategyDisabled = "optimizer_strategy_disabled"
    case latencyTarget = "optimizer_step_latency_target_ms"
    case enforcement = "optimizer_enforcement"

    case holding = "optimizer_holding"
    case partitionsAssigned = "optimizer_partitions_assigned"
    case partitionsPaused = "optimizer_partitions_paused"
    case partitionsMetadataFull = "optimizer_partitions_metadata_full"
    case consumerLag = "optimizer_consumer_lag"
    case consumerLagSeconds = "optimizer_consumer_lag_seconds"
    case blockedOffsetAge = "optimizer_blocked_offset_age_seconds"
    case lagAge = "optimizer_lag_age_seconds"
    case unreadPartitions = "optimizer_unread_partitions"

    case ready = "optimizer_ready"
    case draining = "optimizer_draining"
    case fenced = "optimizer_fenced"
    case heartbeatAge = "optimizer_heartbeat_age_seconds"

    case brokersDown = "optimizer_brokers_down"
    case brokerUp = "optimizer_broker_up"
    case kafkaRoundTrip = "optimizer_kafka_round_trip_seconds"
    case kafkaBrokersUp = "optimizer_kafka_brokers_up"
    case kafkaQueuedMessages = "optimizer_kafka_queued_messages"
    case kafkaQueuedBytes = "optimizer_kafka_queued_bytes"
    case kafkaPrefetchedMessages = "optimizer_kafka_prefetched_messages"
    case kafkaPrefetchedBytes = "optimizer_kafka_prefetched_bytes"
    case kafkaKeptBytes = "optimizer_kafka_kept_bytes"
    case kafkaPrefetchLimit = "optimizer_kafka_prefetch_limit_bytes"

    case certificateExpiry = "optimizer_certificate_expiry_timestamp_seconds"
    case credentialFileChanged = "optimizer_credential_file_changed"

    case buildInfo = "optimizer_build_info"
    case nodeInfo = "optimizer_node_info"
    case strategiesInfo = "optimizer_strategies_info"
    case dataInfo = "optimizer_data_info"
    case lastEndInfo = "optimizer_last_end_info"

    case processResidentMemory = "process_resident_memory_bytes"
    case processVirtualMemory = "process_virtual_memory_bytes"
    case processOpenDescriptors = "process_open_fds"
    case processMaximumDescriptors = "process_max_fds"
    case processStartTime = "process_start_time_seconds"
}

extension GaugeMetric {
    package var descriptor: MetricDescriptor {
        let (help, labels) = explanation
        let units: [MetricUnit] = [.seconds, .bytes, .ratio, .milliseconds]
        let unit = units.first { rawValue.hasSuffix("_" + $0.rawValue) } ?? .none
        let kind: MetricKind = rawValue.hasSuffix("_info") ? .info : .gauge
        return MetricDescriptor(name: rawValue, kind: kind, unit: unit, help: help, labels: labels)
    }

    private var explanation: (help: String, labels: [MetricLabel]) {
        switch self {
        case .running: ("Steps running now", [])
        case .queueDepth: ("Requests accepted from Kafka and not yet given to a slot", [])
        case .queueDepthLimit: ("Queue depth at which the node holds", [])
        case .inFlight: ("Requests taken from Kafka and not yet done", [])
        case .inFlightLimit: ("Requests in flight at which the node holds", [])
        case .inFlightBytes: ("Bytes of the records of the requests in flight", [])
        case .waiting: ("Queued requests that may not run yet, by what they wait for", [.waitReason])
        case .delayed: ("Requests that have failed and wait for their next run", [])
        case .oldestRequestAge: ("Time since the oldest request in flight was taken, 0 without one", [])
        case .unacknowledged: ("Results handed to the producer and not yet acknowledged", [])
        case .oldestUnacknowledged: ("Age of the oldest result that is not acknowledged, 0 without one", [])
        case .slots: ("Slots of the pool", [])
        case .resourceUsage: ("What the last step used: percent of one core, or MB", [.strategy, .resource])
        case .interference:
            ("Time steps waited for a processor over the time they had one, in the last interval", [.strategy])
        case .strategySlots:
            ("Slots the strategy may have at once; less than all of them while it is throttled", [.strategy])
        case .strategySuspended:
            ("1 while the strategy's circuit breaker is open and its steps are not run", [.strategy])
        case .strategyStartFailures:
            (
                "Starts of the strategy's hosts that failed one after the other; while above 0, its requests wait",
                [.strategy]
            )
        case .strategyDisabled:
            ("1 while the strategy is switched off on the node and its requests are refused", [.strategy])
        case .latencyTarget: ("The P95 step latency the node is asked to keep", [])
        case .enforcement: ("1 for the mechanism that enforces a limit", [.limitedResource, .mechanism])
        case .holding: ("1 while the node takes nothing from its partitions", [])
        case .partitionsAssigned: ("Partitions assigned to the node", [])
        case .partitionsPaused: ("Assigned partitions that are paused", [])
        case .partitionsMetadataFull:
            ("Assigned partitions not taken from, since what is done of them might not fit into their commits", [])
        case .consumerLag: ("Records from the committed offset to the end", [.topic, .partition])
        case .consumerLagSeconds: ("Age of the oldest record that is not done, 0 without one", [.topic, .partition])
        case .blockedOffsetAge: ("How long the lowest offset not done is here, 0 without one", [.topic, .partition])
        case .lagAge: ("Age of what the lag is computed from; grows while brokers do not say", [])
        case .unreadPartitions: ("Partitions of the requests topic that no member of the group reads", [])
        case .ready: ("1 while the node takes part in its group, commits, and gets results acknowledged", [])
        case .draining: ("1 while the node finishes what runs and takes nothing new", [])
        case .fenced: ("1 after another member took the node's place in the group", [])
        case .heartbeatAge:
            ("Time since a thread of the node should have moved and has not, 0 while it does", [.thread])
        case .brokersDown: ("Brokers that the node cannot reach", [])
        case .brokerUp: ("0 while the node cannot reach the broker, else 1", [.broker])
        case .kafkaRoundTrip: ("Round trip to a broker, average or 99th percentile", [.client, .broker, .statistic])
        case .kafkaBrokersUp: ("Brokers the client is connected to", [.client])
        case .kafkaQueuedMessages: ("Messages waiting in the client to be sent or to be acknowledged", [.client])
        case .kafkaQueuedBytes: ("Bytes waiting in the client to be sent or to be acknowledged", [.client])
        case .kafkaPrefetchedMessages: ("Records in the client's queues, fetched and not yet taken", [])
        case .kafkaPrefetchedBytes: ("Bytes of records in the client's queues, fetched and not yet taken", [])
        case .kafkaKeptBytes: ("Bytes of prefetched records that pauses have kept and that are not yet taken", [])
        case .kafkaPrefetchLimit: ("Bytes of records the node may prefetch, with what pauses keep of it", [])
        case .certificateExpiry:
            ("When what clients have read of a file expires: first of a chain or of CRLs, last of the CAs", [.file])
        case .credentialFileChanged:
            ("1 while a certificate, key or secret on the disk is another than the first clients have read", [.file])
        case .buildInfo: ("The version of the node and of its Kafka client", [.version, .librdkafka])
        case .nodeInfo: ("The node's name and its consumer group", [.node, .group])
        case .strategiesInfo: ("Digest of the strategies the node can run, versions included", [.digest])
        case .dataInfo: ("Digest of the data set versions the node can see", [.digest])
        case .lastEndInfo: ("Why the last run of this node ended, where that is known", [.endReason])
        case .processResidentMemory: ("Resident memory of the node itself, without its hosts", [])
        case .processVirtualMemory: ("Virtual memory of the node itself", [])
        case .processOpenDescriptors: ("Open file descriptors of the node itself", [])
        case .processMaximumDescriptors: ("File descriptors the node may open", [])
        case .processStartTime: ("When the node started, in seconds since the epoch", [])
        }
    }
}
