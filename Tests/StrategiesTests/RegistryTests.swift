import Messages
import Testing

@testable import Strategies

@Suite struct RegistryTests {
    private func problem(_ name: String, _ given: [JSONMember] = [], version: Int? = nil) -> RequestProblem? {
        do throws(RequestProblem) {
            _ = try StrategyRegistry.validate(name, version: version, given)
            return nil
        } catch {
            return error
        }
    }

    @Test func theStrategiesAreListedByName() {
        let names = StrategyRegistry.descriptors.map(\.name)
        #expect(names == names.sorted())
        #expect(names.count == 13)
        #expect(names.contains("sma_crossover") && names.contains("signals"))
    }

    @Test func everyDefaultPassesItsOwnCheck() {
        for descriptor in StrategyRegistry.descriptors where descriptor.name != "signals" {
            #expect(problem(descriptor.name) == nil, "\(descriptor.name)")
        }
        for descriptor in StrategyRegistry.descriptors {
            for specification in descriptor.parameters {
                #expect(throws: Never.self) { try specification.check(specification.defaultValue ?? .null) }
            }
        }
    }

    @Test func defaultsAreFilledIn() throws {
        let members = try StrategyRegistry.validate("sma_crossover", [JSONMember("slow", .integer(50))])
        #expect(members.first { $0.name == "fast" }?.value == .integer(10))
        #expect(members.first { $0.name == "slow" }?.value == .integer(50))
        #expect(members.first { $0.name == "stop_loss_pct" }?.value == .integer(0))
    }

    @Test func anUnknownStrategyIsRetryableAndNamesTheNearest() {
        let found = problem("sma_crosover")
        #expect(found?.code == .unknownStrategy)
        #expect(found?.isRetryable == true)
        #expect(found?.message.contains("did you mean \"sma_crossover\"") == true)
    }

    @Test func anotherVersionIsUnknown() {
        #expect(problem("noop", version: 1) == nil)
        #expect(problem("noop", version: 2)?.code == .unknownStrategy)
    }

    @Test(arguments: [
        ("fsat", JSONValue.integer(3), "did you mean \"fast\""),
        ("fast", .string("3"), "must be an integer from 1 to 10000"),
        ("fast", .number(3.5), "must be an integer"),
        ("fast", .integer(0), "must be an integer from 1 to 10000"),
        ("fast", .integer(20), "fast must be less than slow"),
        ("direction", .string("long-only"), "did you mean \"long_only\""),
        ("stop_loss_pct", .integer(100), "must be a number from 0.0 to 99.99"),
        ("position_fraction", .integer(0), "must be a number from 0.0001 to 1.0"),
    ]) func aWrongParameterIsRefusedInWords(name: String, value: JSONValue, words: String) {
        let found = problem("sma_crossover", [JSONMember(name, value)])
        #expect(found?.code == .invalidParameters)
        #expect(found?.isRetryable == false)
        #expect(found?.message.contains(words) == true, "\(found?.message ?? "accepted")")
    }

    @Test func rulesBetweenParametersHold() {
        #expect(problem("macd", [JSONMember("fast", .integer(30))])?.code == .invalidParameters)
        #expect(problem("rsi_mean_reversion", [JSONMember("oversold", .integer(70))])?.code == .invalidParameters)
        #expect(problem("signals")?.code == .invalidParameters)
        let both = [JSONMember("target", .array([.integer(1)])), JSONMember("entries", .array([.integer(1)]))]
        #expect(problem("signals", both)?.code == .invalidParameters)
    }
}
