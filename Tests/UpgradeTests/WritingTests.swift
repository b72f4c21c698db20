import Foundation
import Messages
import TestSupport
import Testing

/// `WRITE_FIXTURES=1` has these write the fixtures of this version anew.
@Suite struct WritingTests {
    private static let isWriting = ProcessInfo.processInfo.environment["WRITE_FIXTURES"] != nil

    @Test(arguments: Format.allCases.filter { !$0.isReadOnly })
    func whatThisVersionWritesIsWhatItsFixturesHold(_ format: Format) throws {
        let written = try Samples.lines(format)
        if Self.isWriting { try Fixtures.current.write(written, format) }
        let kept = Fixtures.current.lines(format)
        #expect(written.count == kept.count, "\(format)")
        for (new, old) in zip(written, kept) {
            let isSame = try format.isComputed ? Self.rounded(new) == Self.rounded(old) : new == old
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

    /// With nine digits of each number.
    private static func rounded(_ line: String) throws -> JSONValue { rounded(try JSONValue.parse(Array(line.utf8))) }

    private static func rounded(_ value: JSONValue) -> JSONValue {
        switch value {
        case .number(let number): .string(String(format: "%.9g", number))
        case .array(let elements): .array(elements.map(rounded))
        case .object(let members): .object(members.map { JSONMember($0.name, rounded($0.value)) })
        default: value
        }
    }
}
