import TestSupport
import Testing

/// For every alert the test in which what it is about is made on a real node, or canary. Those of `AlertConditionTests`
/// and `CanaryAlertTests` see it fire there. That it fires for all the shapes in which that may be scraped is in
/// `Tests/MetricsTests/Rules`.
@Suite struct AlertTableTests {
    private static let conditions = [
        "OptimizerNoNode": "AlertConditionTests.aNodeThatIsKilledAgainAndAgainAndThenStaysAway",
        "OptimizerNodeDown": "AlertConditionTests.aNodeThatIsKilledAgainAndAgainAndThenStaysAway",
        "OptimizerRestartLoop": "AlertConditionTests.aNodeThatIsKilledAgainAndAgainAndThenStaysAway",
        "OptimizerEndedBadly": "AlertConditionTests.aNodeThatIsKilledAgainAndAgainAndThenStaysAway",
        "OptimizerNotReady": "AlertConditionTests.aBrokerThatRefusesCommits",
        "OptimizerNoneReady": "AlertConditionTests.aBrokerThatRefusesCommits",
        "OptimizerFenced": "AlertConditionTests.whatARunDidNotLiveToShow",
        "OptimizerPublishFailures": "AlertConditionTests.whatARunDidNotLiveToShow",
        "OptimizerPartitionBlocked": "AlertConditionTests.aPartitionWhoseFirstRequestDoesNotEnd",
        "OptimizerNoProgress": "AlertConditionTests.aPartitionWhoseFirstRequestDoesNotEnd",
        "OptimizerLagTime": "AlertConditionTests.aPartitionWhoseFirstRequestDoesNotEnd",
        "OptimizerLagGrowing": "AlertConditionTests.aPartitionWhoseFirstRequestDoesNotEnd",
        "OptimizerQueueAtBound": "AlertConditionTests.aPartitionWhoseFirstRequestDoesNotEnd",
        "OptimizerPartitionsPaused": "AlertConditionTests.aPartitionWhoseFirstRequestDoesNotEnd",
        "OptimizerMetadataFull": "MetadataFullTests.aPartitionWhoseCommitIsFullIsHeldUntilTheRequestThatBlocksItIsDone",
        "OptimizerRecordsSkipped": "AlertConditionTests.recordsThatWereGoneBeforeTheFirstScrape",
        "OptimizerCommitFailures": "AlertConditionTests.aBrokerThatRefusesCommits",
        "OptimizerMetricsEventsDropped": "AlertConditionTests.aTotalOutage",
        "OptimizerLogLinesDropped":
            "LogQueueTests.aReaderThatStopsHoldsUpNobodyAndLearnsHowManyLinesItMissed",
        "OptimizerStrategiesDiffer": "AlertConditionTests.twoNodesOfOneGroupThatDiffer",
        "OptimizerEnforcementDegraded": "AlertConditionTests.twoNodesOfOneGroupThatDiffer",
        "OptimizerLatencyOverTarget": "AlertConditionTests.stepsThatAreSlowAndStepsThatEndBadly",
        "OptimizerStepsEndBadly": "AlertConditionTests.stepsThatAreSlowAndStepsThatEndBadly",
        "OptimizerHostRestarts":
            "AlertTests.alertsFireForANodeWhoseStrategyCrashesAndHoardsAndWhoseRequestsAreRefused",
        "OptimizerMemoryBreaches":
            "AlertTests.alertsFireForANodeWhoseStrategyCrashesAndHoardsAndWhoseRequestsAreRefused",
        "OptimizerDeadLetters":
            "AlertTests.alertsFireForANodeWhoseStrategyCrashesAndHoardsAndWhoseRequestsAreRefused",
        "OptimizerBrokerDown": "AlertConditionTests.aTotalOutage",
        "OptimizerCertificateExpires":
            "CredentialWatchTests.aNodeThatWaitsForItsBrokersShowsWhenItsCertificatesExpire",
        "OptimizerCertificateExpired":
            "CredentialWatchTests.aNodeThatWaitsForItsBrokersShowsWhenItsCertificatesExpire",
        "OptimizerResultsUnacknowledged": "AlertConditionTests.aTotalOutage",
        "OptimizerLagUnknown": "AlertConditionTests.aTotalOutage",
        "OptimizerThreadStuck": "HeartbeatTests.theThreadThatHangsIsNamed",
        "OptimizerUnreadPartitions": "ObservationTests.showsEveryMetricOfTheCatalogueOnARunningNode",
        "OptimizerStrategyDoesNotStart": "ExternalStartTests.requestsOfACommandThatDoesNotStartWaitUntilItDoes",
        "OptimizerDeadlocks": "LockTests.realHostsThatLockInOppositeOrderAllComplete",
        "OptimizerStalled": "PolicyTests.aStepFarPastItsDeadlineIsAStallAndItsHostIsKilled",
        "OptimizerInterference": "InterferenceTests.waitingForAProcessorShowsByStrategy",
        "OptimizerCPUBreaches": "AlertConditionTests.stepsThatUseMoreProcessorThanTheyMay",
        "OptimizerLatencyRegression": "AlertConditionTests.stepsThatAreSlowAndStepsThatEndBadly",
        "OptimizerRebalancing": "GroupTests.nodesThatAreReplacedUnderLoadOneByOneRunEachRequestOnce",
        "OptimizerDataDiffers": "AlertConditionTests.twoNodesOfOneGroupThatDiffer",
        "OptimizerCanaryLate": "CanaryAlertTests.requestsThatGoNoFurtherThanTheTopic",
        "OptimizerCanaryMissing": "CanaryAlertTests.requestsThatGoNoFurtherThanTheTopic",
    ]

    @Test func everyAlertHasATestThatMakesItsCondition() {
        let alerts = Set(Files.text("rules/optimizer.yml").matches(of: /- alert: (\w+)/).map { String($0.1) })
        #expect(alerts.count > 28)
        #expect(alerts == Set(Self.conditions.keys))
    }

    @Test func everyTestOfTheTableIsThere() {
        for (alert, test) in Self.conditions {
            let parts = test.split(separator: ".")
            let source = Files.text("Tests/WorkerTests/\(parts[0]).swift")
            #expect(source.contains("func \(parts[1])("), "\(alert): there is no \(test)")
        }
    }
}
