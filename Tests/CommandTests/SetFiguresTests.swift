import Messages
import Testing

@testable import optimizer

/// What `results --sweep --all` does with steps whose figures do not go together.
@Suite struct SetFiguresTests {
    private static let digest = "0123456789abcdef"

    private func taken(_ names: [String]) throws -> SetFigures {
        let arguments = try Arguments(
            ["--all"], options: [Option("all", "all"), Option("format", value: "F", ""), Option("json", "")])
        var figures = try #require(try SetFigures(arguments))
        for (step, name) in names.enumerated() {
            let text = #"""
                {"grid":[{"name":"fast","count":2}],"out_of_sample":null,
                "figures":{"names":["\#(name)"],"sets":[[\#(step),[1],[0.5],null]]}}
                """#
            try figures.take(
                JSONValue.parse(Array(text.utf8)), StepID(sweep: "s", digest: Self.digest, step: step))
        }
        return figures
    }

    @Test func aStepOfOtherFiguresIsRefusedAndNothingIsWritten() throws {
        var figures = try taken(["sqn", "sqn", "beta"])
        let failure = #expect(throws: CommandFailure.self) { try figures.write(Self.digest) }
        #expect(failure?.message.contains("the figures in the result of step 2 are not as") == true)
        // Of another submission nothing is known.
        #expect(throws: Never.self) { try figures.write("fedcba9876543210") }
    }
}
