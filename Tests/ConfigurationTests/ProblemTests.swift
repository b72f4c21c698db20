import Testing

@testable import Configuration

struct ProblemTests {
    @Test(arguments: [
        (
            "limits:\n  cpuPercent: many",
            "test.yml:2:15: limits.cpuPercent: \"many\" is not a whole number; it takes a whole number from 1 to 6400 (percent of one core)"
        ),
        (
            "limits: { memoryMB: 0 }",
            "test.yml:1:21: limits.memoryMB: \"0\" is out of range; it takes a whole number from 16 to 1048576 (MB)"
        ),
        (
            "limits: { memoryMB: 99999999999999999999 }",
            "test.yml:1:21: limits.memoryMB: \"99999999999999999999\" is not a whole number; it takes a whole number from 16 to 1048576 (MB)"
        ),
        ("kafka:\n  groupId:\n", "test.yml:2:11: kafka.groupId: has no value; it takes 1 to 249 printable characters"),
        ("kafka:\n  groupId: [a]\n", "test.yml:2:12: kafka.groupId is a list; it takes 1 to 249 printable characters"),
        (
            "kafka:\n  topics: { requests: a b }\n",
            "test.yml:2:23: kafka.topics.requests: \"a b\" holds \" \", which is not allowed here; it takes 1 to 249 of the characters a–z A–Z 0–9 . _ -"
        ),
        (
            "kafka: { topics: { results: .. } }",
            "test.yml:1:29: kafka.topics.results: \"..\" is no topic name; it takes 1 to 249 of the characters a–z A–Z 0–9 . _ -"
        ),
        (
            "kafka: { bootstrapServers: broker }",
            "test.yml:1:28: kafka.bootstrapServers: \"broker\" holds \"broker\", which lacks its port; it takes host:port, several with commas, or \"embedded\""
        ),
        (
            "kafka: { bootstrapServers: 'a:1,,b:2' }",
            "test.yml:1:28: kafka.bootstrapServers: \"a:1,,b:2\" holds an empty server name; it takes host:port, several with commas, or \"embedded\""
        ),
        (
            "metrics: { http: localhost }",
            "test.yml:1:18: metrics.http: \"localhost\" is no address:port; it takes address:port, such as 127.0.0.1:9464 or [::]:9464 (port 0: any free one), or null"
        ),
        (
            "metrics: { http: 'example.org:80' }",
            "test.yml:1:18: metrics.http: \"example.org:80\" holds \"example.org\", which is no IP address in figures; it takes address:port, such as 127.0.0.1:9464 or [::]:9464 (port 0: any free one), or null"
        ),
        (
            "metrics: { http: '127.0.0.1:70000' }",
            "test.yml:1:18: metrics.http: \"127.0.0.1:70000\" is no address:port; it takes address:port, such as 127.0.0.1:9464 or [::]:9464 (port 0: any free one), or null"
        ),
        (
            "ordering: sideways",
            "test.yml:1:11: ordering: \"sideways\" is not known; it takes one of unordered, key, partition"
        ),
        (
            "logging:\n  level: loud",
            "test.yml:2:10: logging.level: \"loud\" is not known; it takes one of debug, info, warning, error"
        ),
        (
            "disabledStrategies: noop",
            "test.yml:1:21: disabledStrategies: \"noop\" is not a list; it takes a list, [a, b], of the name of a strategy, 1 to 100 of a–z A–Z 0–9 . _ -"
        ),
        (
            "disabledStrategies: [noop, noop]",
            "test.yml:1:21: disabledStrategies: holds \"noop\" twice; it takes a list, [a, b], of the name of a strategy, 1 to 100 of a–z A–Z 0–9 . _ -"
        ),
        (
            "disabledStrategies: [[noop]]",
            "test.yml:1:22: disabledStrategies holds a list; it takes a list, [a, b], of the name of a strategy, 1 to 100 of a–z A–Z 0–9 . _ -"
        ),
        ("kafka: broker", "test.yml:1:8: kafka is a single value; it takes keys of its own"),
        (
            "kafka: { client: [a] }",
            "test.yml:1:18: kafka.client is a list; it takes a map of librdkafka properties, { name: value }"
        ),
        ("- a", "test.yml:1:1: a list instead of keys and values"),
    ])
    func aWrongValueIsNamedWithItsPlaceAndWhatWouldBeRight(yaml: String, expected: String) {
        #expect(problems(yaml) == [expected])
    }

    @Test(arguments: [
        ("limitz: {}", "test.yml:1:1: unknown key \"limitz\", did you mean \"limits\"?"),
        (
            "kafka:\n  bootstrapServer: a:1",
            "test.yml:2:3: unknown key \"kafka.bootstrapServer\", did you mean \"kafka.bootstrapServers\"?"
        ),
        (
            "kafka:\n  topics:\n    deadletter: x",
            "test.yml:3:5: unknown key \"kafka.topics.deadletter\", did you mean \"kafka.topics.deadLetters\"?"
        ),
        ("groupId: x", "test.yml:1:1: unknown key \"groupId\", did you mean \"kafka.groupId\"?"),
        ("kafka.groupId: x", "test.yml:1:1: unknown key \"kafka.groupId\"; write its parts as keys inside each other"),
        (
            "kafka:\n  session.timeout.ms: 1",
            "test.yml:2:3: unknown key \"kafka.session.timeout.ms\"; librdkafka properties stand under kafka.client, kafka.consumer or kafka.producer"
        ),
        ("shutdown: { frobnicate: 1 }", "test.yml:1:13: unknown key \"shutdown.frobnicate\"; known here: drainMs"),
    ])
    func anUnknownKeyIsRefusedWithTheNearestOne(yaml: String, expected: String) {
        #expect(problems(yaml) == [expected])
    }

    @Test(arguments: [
        (
            "OPTIMIZER_KAFKA_GROUPID",
            "environment variable OPTIMIZER_KAFKA_GROUPID: there is no key of this name, did you mean \"OPTIMIZER_KAFKA_GROUP_ID\"?"
        ),
        (
            "OPTIMIZER_KAFKA_CLIENT",
            "environment variable OPTIMIZER_KAFKA_CLIENT: kafka.client is a map; give one property at a time, as --set kafka.client.NAME=VALUE"
        ),
        (
            "OPTIMIZER_COMMIT_INTERVAL_MS",
            "environment variable OPTIMIZER_COMMIT_INTERVAL_MS: commit.intervalMs: \"x\" is not a whole number; it takes a whole number from 10 to 3600000 (ms)"
        ),
    ])
    func aWrongEnvironmentVariableIsNamed(name: String, expected: String) {
        #expect(problems(environment: [name: "x", "PATH": "/bin"]) == [expected])
    }

    @Test(arguments: [
        ("OPTIMIZER_HOME", "it changes nothing"),
        ("OPTIMIZER_QUEUE_DEPTH", "it changes nothing, did you mean \"OPTIMIZER_BACKPRESSURE_QUEUE_DEPTH\"?"),
    ])
    func aVariableThatIsNoKeysNorNearOneIsWarnedOf(name: String, words: String) throws {
        let read = try configuration(environment: [name: "/opt/x"])
        #expect(
            read.warnings.map(\.description)
                == ["environment variable \(name): there is no key of this name, so \(words)"])
    }

    @Test func whatKubernetesSaysOfAServiceCalledOptimizerIsLeftAlone() {
        let environment = [
            "OPTIMIZER_SERVICE_HOST": "10.0.0.1", "OPTIMIZER_SERVICE_PORT": "9464",
            "OPTIMIZER_PORT": "tcp://10.0.0.1:9464",
            "OPTIMIZER_SERVICE_PORT_HTTP": "9464", "OPTIMIZER_PORT_9464_TCP_ADDR": "10.0.0.1",
            "OPTIMIZER_KAFKA_CLIENT_SERVICE_HOST": "10.0.0.2",
        ]
        #expect(problems(environment: environment).isEmpty)
    }

    @Test(arguments: [
        ("kafka.groupID=x", "--set kafka.groupID: unknown key \"kafka.groupID\", did you mean \"kafka.groupId\"?"),
        (
            "kafka.nosuch=x",
            "--set kafka.nosuch: unknown key \"kafka.nosuch\"; known here: bootstrapServers, groupId, groupInstanceId, groupProtocol, topics, prefetchMB, startTimeoutMs, client, consumer, producer"
        ),
        (
            "kafka.topics.frobnicate=x",
            "--set kafka.topics.frobnicate: unknown key \"kafka.topics.frobnicate\"; known here: requests, results, metrics, deadLetters, control"
        ),
        ("kafka=x", "--set kafka: kafka is a section; set one of its keys"),
        (
            "kafka.client=x",
            "--set kafka.client: kafka.client is a map; give one property at a time, as --set kafka.client.NAME=VALUE"
        ),
        ("commit.intervalMs", "--set commit.intervalMs: it has no \"=\"; write a.b=c"),
        (
            "=5",
            "--set : unknown key \"\"; known here: node, kafka, pool, backpressure, limits, isolation, delivery, ordering, throttle, circuitBreaker, retry, commit, results, rebalance, disabledStrategies, strategies, metrics, health, shutdown, data, logging"
        ),
        (
            "commit.intervalMs=",
            "--set commit.intervalMs: commit.intervalMs: has no value; it takes a whole number from 10 to 3600000 (ms)"
        ),
    ])
    func aWrongSettingIsNamed(setting: String, expected: String) {
        #expect(problems(settings: [setting]) == [expected])
    }

    @Test func allProblemsComeAtOnceInTheOrderOfTheirPlaces() throws {
        let yaml = """
            limits:
              memoryMB: much
              cpu: 3
            nodes: {}
            kafka:
              client:
                acks: 1
                ssl.ca.location: ${MISSING}
              groupId: ''
            backpressure: { resumeDepth: 100 }
            """
        let found = problems(
            yaml, environment: ["OPTIMIZER_POOL_MAX_CONCURRENT_STRATEGIES": "0", "OPTIMIZER_DATA_ROTO": "x"],
            settings: ["shutdown.drainMs=soon", "a=b"])
        let places = found.map { $0.prefix { $0 != " " } }
        #expect(
            places == [
                "test.yml:2:13:", "test.yml:3:3:", "test.yml:4:1:", "test.yml:7:11:", "test.yml:8:22:",
                "test.yml:9:12:",
                "test.yml:10:30:", "environment", "environment", "--set", "--set",
            ])
        try #require(found.count == 11)
        #expect(found[7].contains("OPTIMIZER_DATA_ROTO") && found[8].contains("OPTIMIZER_POOL"))
        #expect(found[9].hasPrefix("--set shutdown.drainMs") && found[10].hasPrefix("--set a:"))
    }
}
