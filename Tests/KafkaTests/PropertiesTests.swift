import Testing

@testable import Kafka

@Suite struct PropertiesTests {
    private func failure(_ overrides: [ClientProperties.Property]) -> KafkaFailure? {
        do throws(KafkaFailure) {
            _ = try ClientProperties.consumer(bootstrap: "b:1", groupID: "g", overrides: overrides)
            return nil
        } catch {
            return error
        }
    }

    @Test func librdkafkaTakesEveryDefault() throws {
        for embedded in [false, true] {
            _ = try ClientProperties.consumer(bootstrap: "b:1", groupID: "g", instanceID: "i", embedded: embedded)
            _ = try ClientProperties.producer(bootstrap: "b:1", embedded: embedded)
            _ = try ClientProperties.metricsProducer(bootstrap: "b:1", embedded: embedded)
            _ = try ClientProperties.reader(bootstrap: "b:1", embedded: embedded)
            _ = try ClientProperties.admin(bootstrap: "b:1", embedded: embedded)
        }
    }

    /// The coordinator may move to another broker meanwhile, which costs one.
    @Test(
        arguments: [
            (nil, false, "3000"), ("6000", false, "1200"), ("60000", false, "3000"), (nil, true, "1200"),
        ] as [(String?, Bool, String)])
    func aSessionHasFiveHeartbeats(session: String?, embedded: Bool, heartbeat: String) throws {
        let given = session.map { [ClientProperties.Property("session.timeout.ms", $0)] } ?? []
        let properties = try ClientProperties.consumer(
            bootstrap: "b:1", groupID: "g", embedded: embedded, overrides: given)
        #expect(properties.value(of: "heartbeat.interval.ms") == heartbeat)
        let own = try ClientProperties.consumer(
            bootstrap: "b:1", groupID: "g", overrides: given + [.init("heartbeat.interval.ms", "700")])
        #expect(own.value(of: "heartbeat.interval.ms") == "700")
    }

    @Test func anUnknownPropertyIsNamed() {
        let failure = failure([.init("sesion.timeout.ms", "6000")])
        #expect(failure?.kind == .configuration)
        #expect(failure?.reason.contains("sesion.timeout.ms") == true)
    }

    @Test func aBadValueIsNamedWithItsProperty() {
        let failure = failure([.init("session.timeout.ms", "soon")])
        #expect(failure?.kind == .configuration)
        #expect(failure?.reason.contains("session.timeout.ms") == true)
    }

    @Test func aSecretIsNeverShown() {
        let hidden = failure([.init("security.protocol", "hunter2", isSecret: true)])
        #expect(hidden?.reason.contains("security.protocol") == true)
        #expect(hidden?.reason.contains("hunter2") == false)
        #expect(failure([.init("security.protocol", "hunter2")])?.reason.contains("hunter2") == true)
    }

    @Test func theLaterOfTwoValuesCounts() throws {
        let properties = try ClientProperties.consumer(
            bootstrap: "b:1", groupID: "g", overrides: [.init("client.id", "a"), .init("client.id", "b")])
        #expect(properties.value(of: "client.id") == "b")
        #expect(properties.value(of: "group.id") == "g")
        #expect(properties.value(of: "group.instance.id") == nil)
    }

    @Test func settingsThatContradictEachOtherAreRefused() throws {
        let properties = try ClientProperties.consumer(
            bootstrap: "b:1", groupID: "g",
            overrides: [.init("session.timeout.ms", "60000"), .init("max.poll.interval.ms", "5000")])
        let wakeUp = WakeUp()
        #expect(throws: KafkaFailure.self) {
            try KafkaConsumer(properties, wakeDescriptor: wakeUp.descriptor)
        }
    }

    @Test(arguments: [(32, 1), (32, 6), (32, 100), (1, 4), (512, 3)])
    func thePrefetchOfAllPartitionsStaysWithinItsBudget(_ megabytes: Int, _ partitions: Int) {
        let budget = PrefetchBudget(megabytes: megabytes, partitions: partitions)
        let worst = (budget.queuedKilobytes * 1000 + budget.fetchBytes) * partitions
        #expect(worst <= megabytes * 1_048_576)
        #expect(worst >= megabytes * 1_048_576 / 2)
    }

    @Test func aBudgetTooSmallForItsPartitionsStillFetches() {
        let budget = PrefetchBudget(megabytes: 1, partitions: 10_000)
        #expect(budget.fetchBytes >= 16_384)
        #expect(budget.queuedKilobytes >= 16)
    }

    @Test func cooperativeRebalancesNeedANewEnoughLibrary() {
        #expect(KafkaLibrary.assignor(forVersion: 0x0200_02ff) == "range")
        #expect(KafkaLibrary.assignor(forVersion: 0x0209_00ff) == "range")
        #expect(KafkaLibrary.assignor(forVersion: 0x020a_00ff) == "cooperative-sticky")
        #expect(KafkaLibrary.version.hasPrefix("\(KafkaLibrary.versionNumber >> 24)."))
    }

    /// Where the broker hands the partitions out it has its own assignors and sessions, and librdkafka refuses to be told.
    @Test(.enabled(if: KafkaLibrary.knowsConsumerProtocol, "librdkafka knows it from 2.12 on"))
    func whereTheBrokerAssignsItIsToldNeitherHowNorHowLongASessionIs() throws {
        for (instance, embedded) in [(nil, false), ("one", false), (nil, true)] as [(String?, Bool)] {
            let properties = try ClientProperties.consumer(
                bootstrap: "localhost:1", groupID: "g", instanceID: instance, brokerAssigns: true, embedded: embedded)
            #expect(properties.value(of: "group.protocol") == "consumer")
            #expect(properties.value(of: "partition.assignment.strategy") == nil)
            #expect(properties.value(of: "session.timeout.ms") == nil)
            #expect(properties.value(of: "group.instance.id") == instance)
        }
    }

    @Test(.enabled(if: !KafkaLibrary.knowsConsumerProtocol, "librdkafka knows it from 2.12 on"))
    func aLibraryThatIsTooOldForItIsNamed() {
        let failure = #expect(throws: KafkaFailure.self) {
            try ClientProperties.consumer(bootstrap: "localhost:1", groupID: "g", brokerAssigns: true)
        }
        #expect(failure?.kind == .configuration)
        #expect(failure?.description.contains("needs librdkafka 2.12 or newer") == true)
        #expect(failure?.description.contains(KafkaLibrary.version) == true)
    }
}
