package io.tensorpool.driver;

import io.tensorpool.MicroBenchmark;
import io.tensorpool.Role;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A lease asked for, granted, given back and ended, with all messages encoded and decoded in memory. A producer's attach
 * makes an epoch and its detach the next one; those before are removed. Control allocates.
 */
@State(Scope.Thread)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class AttachBenchmark extends MicroBenchmark {
    private static final int STREAM_ID = DriverInMemory.FIRST_STREAM_ID;
    private static final int OTHER_STREAM_ID = STREAM_ID + 1;
    private static final int CLIENT_ID = 7;

    private DriverInMemory driver;
    private long attached;

    /** A driver with one stream that has an epoch. */
    @Setup
    public void launch() {
        driver = new DriverInMemory();
        attachAndDetach(STREAM_ID, Role.PRODUCER);
    }

    /** Fails if not every request was granted. */
    @TearDown
    public void check() {
        try {
            require(
                    driver.granted() == attached && driver.detached() == attached,
                    attached + " leases, found " + driver.granted() + " granted, " + driver.detached() + " given back");
        } finally {
            driver.close();
        }
    }

    private void attachAndDetach(final int streamId, final Role role) {
        final long leaseId = driver.attach(streamId, CLIENT_ID, role);
        driver.detach(leaseId, streamId, CLIENT_ID, role);
        driver.discardAnnounces();
        attached++;
    }

    /** A consumer comes and goes. */
    @Benchmark
    public void consumer() {
        attachAndDetach(STREAM_ID, Role.CONSUMER);
        driver.advance(1); // so that its node id can be given out again
    }

    /** A producer comes and goes: two epochs of four small slots are made, with their files. */
    @Benchmark
    public void producer() {
        attachAndDetach(OTHER_STREAM_ID, Role.PRODUCER);
        driver.advance(DriverInMemory.PERIOD_NS);
    }

    /** Baseline: the duty cycles alone. */
    @Benchmark
    public int baselineDutyCycles() {
        return driver.doWork() + driver.doWork();
    }
}
