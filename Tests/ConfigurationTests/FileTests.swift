import Glibc
import TestSupport
import Testing

@testable import Configuration

struct FileTests {
    private func problem(_ path: String) -> [String] {
        do throws(ConfigurationProblems) {
            _ = try OptimizerConfiguration.load(file: path, environment: [:], settings: [])
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func whatIsNoReadableFileIsNamed() throws {
        let directory = try TemporaryFolder()
        let missing = "\(directory.path)/missing.yml"
        #expect(
            problem(missing) == [
                "\(missing): the configuration file cannot be opened: No such file or directory"
            ])
        #expect(problem(directory.path) == ["\(directory.path): the configuration file is a directory, not a file"])
        #expect(problem("a\0b") == ["a\0b: the configuration file has a name with a zero byte"])
    }

    @Test func aPipeDoesNotHangTheStart() throws {
        let directory = try TemporaryFolder()
        let pipe = directory.file("pipe.yml")
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(problem(pipe) == ["\(pipe): the configuration file is not a regular file"])
    }

    @Test func aFileIsReadWhole() throws {
        let directory = try TemporaryFolder()
        let text = String(repeating: "# a comment\n", count: 10_000) + "data: { root: end }\n"
        let file = try directory.write(text, to: "large.yml")
        let read = try OptimizerConfiguration.load(file: file, environment: [:], settings: [])
        #expect(read.data.root == "end")
    }

    @Test func anEndlessFileIsRefused() throws {
        let directory = try TemporaryFolder()
        let file = try directory.write(String(repeating: "#", count: (1 << 20) + 1), to: "huge.yml")
        #expect(problem(file) == ["\(file): the configuration file is larger than 1048576 bytes"])
    }

    @Test func loadingPutsTheEnvironmentOverTheFileAndSettingsOverBoth() throws {
        let directory = try TemporaryFolder()
        let file = try directory.write("kafka: { groupId: a }\ndata: { root: a }\nnode: { id: a }\n", to: "three.yml")
        let read = try OptimizerConfiguration.load(
            file: file, environment: ["OPTIMIZER_DATA_ROOT": "b", "OPTIMIZER_NODE_ID": "b"], settings: ["node.id=c"])
        #expect([read.kafka.groupId, read.data.root, read.node.id] == ["a", "b", "c"])
    }

    @Test func withoutAFileTheDefaultsHold() throws {
        #expect(try OptimizerConfiguration.load(file: nil, environment: [:], settings: []) == .defaults)
    }
}
