import TestSupport
import Testing

@testable import Configuration

/// What the manifests say of a node, against what a node knows. `deploy/kubernetes/check` looks at the manifests
/// themselves.
@Suite struct KubernetesTests {
    private static let folder = "deploy/kubernetes"
    private static let base = Files.text("\(folder)/base/statefulset.yml")

    @Test(arguments: ["base", "overlays/production"])
    func aConfigurationThatIsMountedIsTaken(_ part: String) throws {
        let folder = try TemporaryFolder()
        let password = try folder.write("secret", to: "password")
        let text = Files.text("\(Self.folder)/\(part)/optimizer.yml")
            .replacing("/run/secrets/kafka/password", with: password)
        let file = try folder.write(text, to: "optimizer.yml")
        let configuration = try OptimizerConfiguration.load(file: file, environment: [:], settings: [])
        #expect(configuration.metrics.http?.host == "0.0.0.0")
        #expect(configuration.pool.maxConcurrentStrategies == 5)
    }

    @Test func everyVariableOfAPodIsAKey() {
        let text = Self.base + Files.text("\(Self.folder)/overlays/development/kustomization.yml")
        let names = Set(text.matches(of: /name: (OPTIMIZER_\w+)/).map { String($0.1) })
        #expect(names.count == 4)
        #expect(names.isSubset(of: ConfigurationKey.all.map(\.environmentName)))
    }

    /// The process is gone by 12 s after it has drained.
    @Test func nobodyKillsANodeBeforeItHasEndedByItself() throws {
        let need = OptimizerConfiguration.defaults.shutdown.drainMs / 1000 + 12
        let pod = try #require(Self.base.firstMatch(of: /terminationGracePeriodSeconds: (\d+)/))
        let unit = try #require(Files.text("deploy/optimizer.service").firstMatch(of: /TimeoutStopSec=(\d+)/))
        #expect(try #require(Int(pod.1)) >= need)
        #expect(try #require(Int(unit.1)) >= need)
    }

    @Test func theTopicsAreThoseOfTheDefaultsAndTheNodesAtMostTheirPartitions() throws {
        let topics = Files.text("\(Self.folder)/strimzi/topics.yml")
        let names = topics.matches(of: /metadata: { name: (\S+) }/).map { String($0.1) }
        let kafka = OptimizerConfiguration.defaults.kafka
        #expect(
            Set(names) == [
                kafka.topics.requests, kafka.topics.results, kafka.topics.metrics, kafka.topics.deadLetters,
                try #require(kafka.topics.control),
            ])
        let requests = try #require(
            topics.split(separator: "---").first { $0.contains("name: \(kafka.topics.requests) ") })
        let scaler = Files.text("\(Self.folder)/components/keda/scaledobject.yml")
        let partitions = try #require(requests.firstMatch(of: /partitions: (\d+)/))
        #expect(scaler.contains("maxReplicaCount: \(partitions.1)\n"))
        #expect(scaler.contains("topic: \(kafka.topics.requests)\n"))
        #expect(scaler.contains("consumerGroup: \(kafka.groupId)\n"))
    }
}
