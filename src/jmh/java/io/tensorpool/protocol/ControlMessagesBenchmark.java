package io.tensorpool.protocol;

import io.tensorpool.ClockDomain;
import io.tensorpool.EpochRegions;
import io.tensorpool.MicroBenchmark;
import io.tensorpool.PoolRegion;
import io.tensorpool.ProgressHints;
import java.nio.ByteBuffer;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Announces and hellos, encoded and decoded in memory. One comes per second and stream, or consumer; what is decoded is
 * made anew each time, which allocates.
 */
public class ControlMessagesBenchmark extends MicroBenchmark {
    private static final int STREAM_ID = 10_000;
    private static final int MAX_LENGTH = 4096;

    /** An announce in memory. */
    @State(Scope.Thread)
    public static class Announce {
        /** Pools of the stream. */
        @Param({"1", "8"})
        private int pools;

        private final OneMessage message = new OneMessage(MAX_LENGTH);
        private final AnnounceProxy proxy = new AnnounceProxy(message);
        private final AnnounceAdapter adapter = new AnnounceAdapter(this::onAnnounce);
        private final UnsafeBuffer target = new UnsafeBuffer(ByteBuffer.allocateDirect(MAX_LENGTH));
        private EpochRegions regions;
        private EpochRegions lastHeard;
        private long asked;
        private long heard;

        /** Encodes one. */
        @Setup
        public void encode() {
            final String directory = "shm:file?path=/dev/shm/tensorpool-camera/default/10000/1763640000000000000/";
            regions = new EpochRegions(
                    STREAM_ID,
                    1_763_640_000_000_000_000L,
                    EpochRegions.LAYOUT_VERSION,
                    64,
                    directory + "header.ring",
                    IntStream.rangeClosed(1, pools)
                            .mapToObj(id -> new PoolRegion(id, 64, 4096L * id, directory + id + ".pool"))
                            .toList());
            encodeNext();
        }

        /** Fails if what was decoded is not what was encoded. */
        @TearDown
        public void check() {
            message.deliver(adapter);
            require(heard == asked + 1 && regions.equals(lastHeard), asked + 1 + " announces, heard " + heard);
        }

        private long encodeNext() {
            return proxy.announce(regions, 1, 12_345, ClockDomain.MONOTONIC);
        }

        private void onAnnounce(
                final EpochRegions of, final int producerId, final long timestampNs, final ClockDomain clockDomain) {
            lastHeard = of;
            heard++;
        }
    }

    /** A hello in memory. */
    @State(Scope.Thread)
    public static class Hello {
        private final OneMessage message = new OneMessage(MAX_LENGTH);
        private final ConsumerHelloProxy proxy = new ConsumerHelloProxy(message);
        private final ConsumerHelloAdapter adapter = new ConsumerHelloAdapter(this::onHello);
        private final UnsafeBuffer target = new UnsafeBuffer(ByteBuffer.allocateDirect(MAX_LENGTH));
        private final ConsumerHello hello = new ConsumerHello(
                STREAM_ID, 5, true, 1, ConsumerHello.Rate.ALL, ProgressHints.NOT_WANTED, OwnStreams.NONE);
        private ConsumerHello lastHeard;
        private long asked;
        private long heard;

        /** Encodes one. */
        @Setup
        public void encode() {
            proxy.hello(hello);
        }

        /** Fails if what was decoded is not what was encoded. */
        @TearDown
        public void check() {
            message.deliver(adapter);
            require(heard == asked + 1 && hello.equals(lastHeard), asked + 1 + " hellos, heard " + lastHeard);
        }

        private void onHello(final ConsumerHello of) {
            lastHeard = of;
            heard++;
        }
    }

    /** An announce encoded. */
    @Benchmark
    public long announceEncode(final Announce announce) {
        return announce.encodeNext();
    }

    /** An announce decoded. */
    @Benchmark
    public EpochRegions announceDecode(final Announce announce) {
        announce.asked++;
        announce.message.deliver(announce.adapter);
        return announce.lastHeard;
    }

    /** Baseline: an announce's bytes copied with Agrona buffers. */
    @Benchmark
    public UnsafeBuffer announceBaselineCopy(final Announce announce) {
        announce.target.putBytes(0, announce.message.buffer(), OneMessage.OFFSET, announce.message.length());
        return announce.target;
    }

    /** A hello encoded. */
    @Benchmark
    public long helloEncode(final Hello hello) {
        return hello.proxy.hello(hello.hello);
    }

    /** A hello decoded. */
    @Benchmark
    public ConsumerHello helloDecode(final Hello hello) {
        hello.asked++;
        hello.message.deliver(hello.adapter);
        return hello.lastHeard;
    }

    /** Baseline: a hello's bytes copied with Agrona buffers. */
    @Benchmark
    public UnsafeBuffer helloBaselineCopy(final Hello hello) {
        hello.target.putBytes(0, hello.message.buffer(), OneMessage.OFFSET, hello.message.length());
        return hello.target;
    }
}
