package io.tensorpool.driver;

import io.tensorpool.MicroBenchmark;
import io.tensorpool.Role;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * One duty cycle of a driver whose streams have a producer and a consumer each, without Aeron: see DriverScaleBenchmark for
 * the whole driver.
 */
@State(Scope.Thread)
public class DriverConductorBenchmark extends MicroBenchmark {
    /** Streams, with two leases each. */
    @Param({"1", "100", "1000"})
    private int streams;

    private DriverInMemory driver;
    private long[] producerLeases;
    private long[] consumerLeases;
    private int next;
    private long announced;
    private long shares;

    /** Attaches everybody. */
    @Setup
    public void launch() {
        driver = new DriverInMemory();
        producerLeases = new long[streams];
        consumerLeases = new long[streams];
        for (int i = 0; i < streams; i++) {
            if (i > 0) {
                driver.advance(stepNs()); // so that one announce is due at a time
            }
            final int streamId = DriverInMemory.FIRST_STREAM_ID + i;
            producerLeases[i] = driver.attach(streamId, producerId(i), Role.PRODUCER);
            consumerLeases[i] = driver.attach(streamId, consumerId(i), Role.CONSUMER);
            driver.discardAnnounces();
        }
    }

    private long stepNs() {
        return (DriverInMemory.PERIOD_NS + streams - 1) / streams;
    }

    /** Fails if streams were not announced; a lease that ends fails where it does. */
    @TearDown
    public void check() {
        try {
            require(announced == shares, shares + " announces, found " + announced);
        } finally {
            driver.close();
        }
    }

    private static int producerId(final int index) {
        return 1 + 2 * index;
    }

    private static int consumerId(final int index) {
        return 2 + 2 * index;
    }

    /** Nothing is due and nobody says anything. */
    @Benchmark
    public int idle() {
        return driver.doWork();
    }

    /** What one stream adds in its period of a second: its announce and two keepalives, in one duty cycle. */
    @Benchmark
    public int shareOfOneStream() {
        final int streamId = DriverInMemory.FIRST_STREAM_ID + next;
        driver.keepalive(producerLeases[next], streamId, producerId(next), Role.PRODUCER);
        driver.keepalive(consumerLeases[next], streamId, consumerId(next), Role.CONSUMER);
        next = next + 1 == streams ? 0 : next + 1;
        driver.advance(stepNs());
        final int workCount = driver.doWork();
        shares++;
        if (driver.discardAnnounces() > 0) {
            announced++;
        }
        return workCount;
    }
}
