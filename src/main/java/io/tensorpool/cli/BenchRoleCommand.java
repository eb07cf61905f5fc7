package io.tensorpool.cli;

import io.tensorpool.bench.Flow;
import io.tensorpool.bench.RoleOptions;
import io.tensorpool.bench.RoleTalk;
import io.tensorpool.bench.Roles;
import io.tensorpool.bench.Setting;
import io.tensorpool.bench.Timing;
import io.tensorpool.bench.Work;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** One side of a subject in a trial of the rig; ends when its standard input does. docs/performance.md has the protocol. */
@Command(name = "bench-role", hidden = true)
final class BenchRoleCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "SUBJECT")
    String subject = "";

    @Parameters(index = "1", paramLabel = "SIDE")
    Roles.Side side = Roles.Side.PRODUCE;

    @Option(names = "--aeron-dir", required = true)
    String aeronDir = "";

    @Option(names = "--stream", required = true)
    int streamId;

    @Option(names = "--ack-stream", required = true)
    int ackStreamId;

    @Option(names = "--size", required = true)
    int sizeBytes;

    @Option(names = "--work", required = true)
    Work work = Work.UNTOUCHED;

    @Option(names = "--flow", required = true)
    Flow flow = Flow.FREE;

    @Option(names = "--rate", required = true)
    double rateHz;

    @Option(names = "--slots", required = true)
    int slots;

    @Option(names = "--warmup-seconds", required = true)
    double warmupSeconds;

    @Option(names = "--seconds", required = true)
    double seconds;

    @Option(names = "--extra")
    Map<String, String> extras = new LinkedHashMap<>();

    BenchRoleCommand() {}

    @Override
    public Integer call() throws Exception {
        final Setting setting = new Setting(
                sizeBytes, work, flow, rateHz, slots, new Timing(warmupSeconds, seconds), new TreeMap<>(extras));
        try (StopSignal stop = new StopSignal()) {
            Thread.ofPlatform().daemon().name("bench-parent").start(() -> listenToParent(stop));
            Roles.play(
                    subject,
                    side,
                    new RoleOptions(aeronDir, streamId, ackStreamId, setting),
                    new RoleTalk(System.out, stop::isStopped));
        }
        return 0;
    }

    private void listenToParent(final StopSignal stop) {
        try {
            while (System.in.read() >= 0) {
                // nothing is said, but the end
            }
        } catch (final IOException ex) {
            System.err.println("tensorpool: bench " + subject + " lost its parent: " + ex.getMessage());
        }
        stop.stop();
    }
}
