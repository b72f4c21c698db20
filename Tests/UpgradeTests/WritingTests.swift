import Foundation
import Messages
import TestSupport
import Testing

@testable import Strategies

/// `WRITE_FIXTURES=1` has these write the fixtures of this version anew.
@Suite struct WritingTests {
    private static let isWriting = ProcessInfo.processInfo.environment["WRITE_FIXTURES"] != nil

    @Test(arguments: Format.allCases.filter { !$0.isReadOnly })
    func whatThisVersionWritesIsWhatItsFixturesHold(_ format: Format) throws {
        let written = try Samples.lines(format)
        if Self.isWriting { try Fixtures.current.write(written, format) }
        let kept = try Fixtures.current.lines(format)
        #expect(written.count == kept.count, "\(format)")
        for (new, old) in zip(written, kept) {
            let isSame = try format.isComputed ? Self.isSame(Self.value(new), Self.value(old)) : new == old
            #expect(
                isSame,
                """
                \(format.rawValue) of \(ProductVersion.text) are written otherwise than they were: is what others have \
                of it still read? Then say in deploy/CHANGELOG.md what may not be mixed, and run this with \
                WRITE_FIXTURES=1; the fixtures of a version that is released stay as they are.
                \(new)
                """)
        }
    }

    private static func value(_ line: String) throws -> JSONValue { try JSONValue.parse(Array(line.utf8)) }

    /// The same but for what two machines round otherwise.
    private static func isSame(_ new: JSONValue, _ old: JSONValue, in name: String = "") -> Bool {
        switch (new, old) {
        case (.number(let new), .number(let old)): isNear(new, old)
        case (.array(let new), .array(let old)):
            new.count == old.count && zip(new, old).allSatisfy { isSame($0, $1) }
        case (.object(let new), .object(let old)):
            new.map(\.name) == old.map(\.name)
                && zip(new, old).allSatisfy { isSame($0.value, $1.value, in: $0.name) }
                && (name != "luck" || isSame(StepLuck(.object(new)), StepLuck(.object(old))))
        // Figures as text, which StepLuck reads.
        case (.string, .string) where ["sharpe_sum", "sharpe_squares", "returns"].contains(name): true
        default: new == old
        }
    }

    private static func isSame(_ new: StepLuck?, _ old: StepLuck?) -> Bool {
        guard let new, let old else { return false }
        return isNear(Double(new.sharpe.sum), Double(old.sharpe.sum))
            && isNear(Double(new.sharpe.squares), Double(old.sharpe.squares)) && !new.sums.isEmpty
            && new.sums.count == old.sums.count && zip(new.sums, old.sums).allSatisfy(isNear)
    }

    private static func isNear(_ new: Double, _ old: Double) -> Bool {
        abs(new - old) <= 1e-12 + 1e-9 * max(abs(new), abs(old))
    }
}
