import Kafka
import Messages
import System
import TestSupport
import Testing

@Suite(.machine) struct VersionTests {
    @Test(arguments: ["version", "--version"]) func aPersonGetsALine(word: String) throws {
        let outcome = try Program.run([word])
        #expect(outcome.code == 0)
        #expect(outcome.output == "optimizer \(ProductVersion.text)\n")
    }

    @Test(arguments: ["version", "--version"]) func aProgramAlsoLearnsWhatMayNotBeMixed(word: String) throws {
        let version = try #require(objects(Program.run([word, "--json"]).output).first)
        #expect(version["version"]?.string == ProductVersion.text)
        #expect(version["librdkafka"]?.string == KafkaLibrary.version)
        #expect(version["assignor"]?.string == KafkaLibrary.assignor)
    }

    @Test func everyPlaceThatNamesTheVersionNamesThisOne() throws {
        let image = try #require(
            Files.text("deploy/Dockerfile").firstMatch(of: /image\.version="([^"]*)"/))
        let overlay = try #require(
            Files.text("deploy/kubernetes/overlays/production/kustomization.yml").firstMatch(of: /newTag: (\S+) }/))
        let changes = try #require(Files.text("deploy/CHANGELOG.md").firstMatch(of: /\n## (\S+)/))
        let client = try #require(Files.text("deploy/python/pyproject.toml").firstMatch(of: /\nversion = "(.*)"/))
        for place in [image, overlay, changes, client] { #expect(place.1 == ProductVersion.text) }
    }
}

/// `deploy/sbom` over the programs that the tests run.
@Suite(.machine, .enabled(if: CommandLineTool.find("python3") != nil, "needs python3"))
struct SBOMTests {
    private let components: [JSONValue]

    init() throws {
        let folder = try #require(ExecutablePath.beside("optimizer")?.dropLast("/optimizer".count))
        let outcome = try CommandLineTool.run("\(Files.package)/deploy/sbom", [String(folder)])
        guard outcome.status == 0 else { throw Failure("sbom: \(outcome.output)") }
        let bill = try JSONValue.parse(Array(outcome.output.drop { $0 != "{" }.utf8))
        #expect(bill["bomFormat"]?.string == "CycloneDX")
        #expect(bill["metadata"]?["component"]?["version"]?.string == ProductVersion.text)
        components = try #require(bill["components"]?.elements)
    }

    @Test func everyLibraryThatThePackageLinksIsInTheBill() {
        let links = Files.text("Package.swift").matches(of: /\.apt\(\["([^"]*)-dev"\]\)/).map { String($0.1) }
        #expect(Set(links).count == 5)
        let names = components.compactMap { $0["name"]?.string }
        for name in Set(links) {
            #expect(
                names.contains { $0.hasPrefix(name.replacing("zlib1g", with: "zlib")) }, "\(name) is not in \(names)")
        }
        #expect(names.contains("swift"))
        #expect(components.allSatisfy { $0["version"]?.string?.isEmpty == false && $0["purl"]?.string != nil })
    }

    @Test func whatIsLinkedDirectlyHasItsNotice() {
        let notices = Files.text("deploy/NOTICES.md")
        for component in components where component["scope"]?.string == "required" {
            let name = component["name"]?.string ?? ""
            #expect(notices.contains("`\(name)`"), "\(name)")
        }
        #expect(components.count { $0["scope"]?.string == "required" } >= 6)
    }
}
