package io.tensorpool.bench;

import io.tensorpool.Dtype;
import io.tensorpool.TensorPoolException;
import io.tensorpool.TensorShape;
import io.tensorpool.client.FrameClaim;
import io.tensorpool.client.Producer;
import io.tensorpool.client.TensorPoolClient;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Copies the same bytes into slots of the same pool, turn about: with the library's offer, whose whole time counts, and
 * with the C library's memcpy into a claim, where the claim and the commit do not count. Both see each slot, and each
 * follows itself as often as it follows the other.
 */
final class CopyRole implements BenchRole {
    /** Names of the figures that it says. */
    static final String OFFERS = "offers";

    static final String OFFER_NS = "offer_ns";
    static final String MEMCPYS = "memcpys";
    static final String MEMCPY_NS = "memcpy_ns";

    private static final int ALIGNMENT_BYTES = 64;
    private static final int COPIES_PER_LOOK = 16;
    private static final double NS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

    /** The benchmark may call it on mapped memory; the library never does. */
    private static final MethodHandle MEMCPY = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker()
                            .defaultLookup()
                            .find("memcpy")
                            .orElseThrow(() -> new UnsatisfiedLinkError("the C library has no 'memcpy'")),
                    FunctionDescriptor.of(
                            ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG),
                    Linker.Option.critical(false));

    @Override
    public void run(final RoleOptions options, final RoleTalk talk) throws InterruptedException {
        final Timing timing = options.setting().timing();
        try (TensorPoolClient client = RoleClients.connect(options, "bench-copy");
                Producer producer = client.addProducer(options.streamId())) {
            final Copies copies = new Copies(producer, options.setting());
            talk.ready();
            copies.run((long) (timing.warmupSeconds() * NS_PER_SECOND), talk);
            copies.reset();
            copies.run((long) (timing.seconds() * NS_PER_SECOND), talk);
            talk.result(copies.figures());
            talk.awaitStop();
        }
    }

    /** Both ways of copying, and their times. */
    private static final class Copies {
        private final Producer producer;
        private final int slots;
        private final TensorShape shape;
        private final MemorySegment source;
        private final FrameClaim claim = new FrameClaim();
        private long copies;
        private long offers;
        private long offerNs;
        private long memcpys;
        private long memcpyNs;

        Copies(final Producer producer, final Setting setting) {
            this.producer = producer;
            slots = setting.slots();
            shape = TensorShape.of(Dtype.UINT8, setting.sizeBytes());
            source = Arena.ofAuto()
                    .allocate(setting.sizeBytes(), ALIGNMENT_BYTES)
                    .fill((byte) 1);
        }

        void run(final long durationNs, final RoleTalk talk) {
            final long startNs = System.nanoTime();
            while (System.nanoTime() - startNs < durationNs && !talk.isStopped()) {
                for (int i = 0; i < COPIES_PER_LOOK; i++) {
                    // A B B A, and the other way about in the next round of the ring.
                    if (((copies ^ (copies >> 1) ^ (copies / slots)) & 1) == 0) {
                        offer();
                    } else {
                        memcpy();
                    }
                    copies++;
                }
            }
        }

        private void offer() {
            final long startNs = System.nanoTime();
            final long result = producer.offer(shape, source);
            offerNs += System.nanoTime() - startNs;
            offers++;
            requireGood(result);
        }

        private void memcpy() {
            requireGood(producer.tryClaim(shape, claim));
            final MemorySegment payload = claim.payload();
            final long startNs = System.nanoTime();
            call(payload);
            memcpyNs += System.nanoTime() - startNs;
            memcpys++;
            requireGood(claim.commit());
        }

        private void call(final MemorySegment payload) {
            try {
                final MemorySegment ignored = (MemorySegment) MEMCPY.invokeExact(payload, source, shape.lengthBytes());
            } catch (final Throwable ex) {
                throw new IllegalStateException("memcpy", ex);
            }
        }

        /** Nobody reads the descriptors: that one was not taken does not matter to the copy. */
        private void requireGood(final long result) {
            if (result < 0 && result != Producer.BACK_PRESSURED) {
                throw new TensorPoolException(producer + ": code " + result);
            }
        }

        void reset() {
            offers = 0;
            offerNs = 0;
            memcpys = 0;
            memcpyNs = 0;
        }

        Map<String, Long> figures() {
            final Map<String, Long> figures = new LinkedHashMap<>();
            figures.put(OFFERS, offers);
            figures.put(OFFER_NS, offerNs);
            figures.put(MEMCPYS, memcpys);
            figures.put(MEMCPY_NS, memcpyNs);
            return figures;
        }
    }
}
