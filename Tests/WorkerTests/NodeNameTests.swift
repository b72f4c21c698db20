import Configuration
import Testing

@testable import Worker

@Suite struct NodeNameTests {
    @Test(arguments: [
        ("node-1.example.com", "node-1.example.com-7"), ("", "node-7"), ("böse\u{1B}[2J", "b-se--2J-7"),
        (String(repeating: "h", count: 300), String(repeating: "h", count: 126) + "-7"),
    ])
    func aNameMadeFromAnyHostNameIsOneThatTheKeyTakes(host: String, expected: String) throws {
        let made = NodeName.made(host: host, processID: 7)
        #expect(made == expected)
        let settings = ["node.id=\(made)"]
        #expect(throws: Never.self) {
            try OptimizerConfiguration.load(file: nil, environment: [:], settings: settings)
        }
    }
}
