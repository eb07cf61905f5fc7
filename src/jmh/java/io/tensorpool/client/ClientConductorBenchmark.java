package io.tensorpool.client;

import io.aeron.Aeron;
import io.aeron.Subscription;
import io.tensorpool.Endpoint;
import io.tensorpool.MicroBenchmark;
import io.tensorpool.PoolSpec;
import io.tensorpool.StreamProfile;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.embedded.TensorPool;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * One duty cycle of a client that has a producer and a consumer on each of its streams while no frames flow: nearly all of
 * them find nothing to do, and what a second brings (keepalives, announces, reports) is in the mean. Each stream has its own
 * descriptor stream with terms of 64 KiB. Driver and media driver run in threads of their own.
 */
public class ClientConductorBenchmark extends MicroBenchmark {
    private static final int FIRST_STREAM_ID = 10_000;
    private static final int FIRST_DESCRIPTOR_STREAM_ID = 40_000;
    private static final String CHANNEL = "aeron:ipc?term-length=64k";

    /** A client that the measuring thread drives. */
    @State(Scope.Thread)
    public static class Client {
        /** Streams. */
        @Param({"1", "100", "1000"})
        private int streams;

        private final List<Producer> producers = new ArrayList<>();
        private final List<Consumer> consumers = new ArrayList<>();
        private TensorPool pool;

        /** Starts everything in this process, and attaches to all streams. */
        @Setup
        public void launch() {
            final StreamProfile profile = new StreamProfile("small", 4, List.of(new PoolSpec(1, 128)));
            pool = TensorPool.launchEmbedded(
                    TensorPool.driverContext().addProfile(profile), new ClientContext().useAgentInvoker(true));
            for (int i = 0; i < streams; i++) {
                final Endpoint descriptors = new Endpoint(CHANNEL, FIRST_DESCRIPTOR_STREAM_ID + i);
                producers.add(pool.client()
                        .addProducer(ProducerOptions.of(FIRST_STREAM_ID + i).withDescriptorEndpoint(descriptors)));
                consumers.add(pool.client()
                        .addConsumer(ConsumerOptions.of(FIRST_STREAM_ID + i).descriptorEndpoint(descriptors)));
            }
            BenchmarkStream.await("consumers", () -> {
                pool.client().doWork();
                return producers.stream().allMatch(Producer::isConnected);
            });
        }

        /** Fails if a stream was lost meanwhile. */
        @TearDown
        public void check() {
            try {
                require(
                        producers.stream().allMatch(Producer::isBound)
                                && consumers.stream().allMatch(Consumer::isMapped),
                        streams + " streams attached to");
            } finally {
                pool.close();
            }
        }
    }

    /** An Aeron client with as many publications and subscriptions, driven by the measuring thread. */
    @State(Scope.Thread)
    public static class AeronClient {
        /** Streams. */
        @Param({"1", "100", "1000"})
        private int streams;

        private EmbeddedMediaDriver mediaDriver;
        private Aeron aeron;
        private List<Subscription> subscriptions;

        /** Starts a media driver. */
        @Setup
        public void launch() {
            mediaDriver = EmbeddedMediaDriver.launch();
            aeron = Aeron.connect(new Aeron.Context()
                    .aeronDirectoryName(mediaDriver.aeronDirectoryName())
                    .useConductorAgentInvoker(true));
            subscriptions = new ArrayList<>();
            for (int i = 0; i < streams; i++) {
                aeron.addExclusivePublication(CHANNEL, FIRST_DESCRIPTOR_STREAM_ID + i);
                subscriptions.add(aeron.addSubscription("aeron:ipc", FIRST_DESCRIPTOR_STREAM_ID + i));
            }
            BenchmarkStream.await("images", () -> {
                aeron.conductorAgentInvoker().invoke();
                return subscriptions.stream().allMatch(Subscription::isConnected);
            });
        }

        /** Ends it. */
        @TearDown
        public void close() {
            aeron.close();
            mediaDriver.close();
        }
    }

    /** A duty cycle of ours, with that of Aeron's client in it. */
    @Benchmark
    public int dutyCycle(final Client client) {
        return client.pool.client().doWork();
    }

    /** Baseline: a duty cycle of Aeron's client. */
    @Benchmark
    public int baselineAeron(final AeronClient client) {
        return client.aeron.conductorAgentInvoker().invoke();
    }
}
