import Glibc
import Testing

@testable import Hosting

struct LauncherArgumentsTests {
    @Test func whatIsWrittenIsReadBackTheSame() throws {
        var arguments = LauncherArguments(
            HostCommand(executable: "python3", arguments: ["--", "--parent", ""], workingDirectory: "/tmp/a b"))
        arguments.memoryMB = 512
        arguments.fileMB = 64
        #expect(arguments.parent == getpid())
        #expect(try LauncherArguments(parsing: Array(arguments.list.dropFirst(2))) == arguments)
    }

    @Test(arguments: [
        ([], "no command after --"),
        (["--memory-mb", "5"], "no command after --"),
        (["--parent", "1", "--"], "no command after --"),
        (["--parent"], "--parent needs a value"),
        (["--parent", "0", "--", "true"], "--parent takes a number from 1 to 2147483647, not \"0\""),
        (["--memory-mb", "1e3", "--", "true"], "--memory-mb takes a number from 1 to 1099511627776, not \"1e3\""),
        (["--color", "red", "--", "true"], "unknown option --color"),
    ]) func aBadCommandLineIsNamed(arguments: [String], message: String) {
        #expect(throws: LauncherArguments.Problem(message: message)) { try LauncherArguments(parsing: arguments) }
    }
}
