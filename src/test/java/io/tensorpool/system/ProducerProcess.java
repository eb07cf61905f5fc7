package io.tensorpool.system;

import io.tensorpool.AttachException;
import io.tensorpool.ConfigurationException;
import io.tensorpool.client.FrameClaim;
import io.tensorpool.client.Producer;
import io.tensorpool.client.ProducerOptions;
import io.tensorpool.client.TensorPoolClient;
import java.nio.file.Path;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SleepingMillisIdleStrategy;
import org.jspecify.annotations.Nullable;

/**
 * A producer that publishes a frame each millisecond. It asks until it is let in, and says so ({@code ATTACHED}), as it says
 * once when it is refused ({@code REFUSED}), when its claims are refused for want of a lease ({@code NO_EPOCH}), and when
 * it writes under another lease ({@code LEASE} and its number).
 *
 * <p>It has a conductor of its own ({@code agent}) or drives it ({@code invoker}), with a driver; or it makes its own memory
 * ({@code direct}).
 *
 * <p>Orders: {@code pause} and {@code run}; {@code burst} publishes twenty frames at once and answers with what became of
 * them; {@code hold} does nothing at all until the next order, so that in invoker mode the client stands still too;
 * {@code claim} and {@code commit}; {@code report}; {@code quit}.
 */
final class ProducerProcess {
    static final int BURST = 20;
    private static final IdleStrategy PACE = new SleepingMillisIdleStrategy(1);

    private final TensorPoolClient client;
    private final Producer producer;
    private final long producerId;
    private final FrameClaim claim = new FrameClaim();
    private long lease;
    private long published;
    private long backPressured;
    private boolean wasRefused;

    private ProducerProcess(final TensorPoolClient client, final Producer producer, final long producerId) {
        this.client = client;
        this.producer = producer;
        this.producerId = producerId;
    }

    public static void main(final String[] args) throws InterruptedException {
        final Orders orders = new Orders();
        final boolean useInvoker = args[4].equals("invoker");
        final ProducerOptions options = args[4].equals("direct")
                ? SystemContexts.ownMemory(Path.of(args[1]))
                : ProducerOptions.of(SystemContexts.STREAM_ID);
        try (TensorPoolClient client = TensorPoolClient.connect(
                        SystemContexts.client(args[0], Path.of(args[1]), Long.parseLong(args[3]))
                                .useAgentInvoker(useInvoker));
                Producer producer = attach(client, options)) {
            Orders.answer("ATTACHED");
            new ProducerProcess(client, producer, Long.parseLong(args[2])).run(orders);
        }
        Orders.answer("CLOSED");
    }

    private static Producer attach(final TensorPoolClient client, final ProducerOptions options) {
        boolean wasRefused = false;
        while (true) {
            try {
                return client.addProducer(options);
            } catch (final AttachException | ConfigurationException ex) {
                if (!wasRefused) {
                    Orders.answer("REFUSED " + ex.getMessage());
                }
                wasRefused = true;
                PACE.idle();
            }
        }
    }

    private void run(final Orders orders) throws InterruptedException {
        boolean isRunning = true;
        String order = "";
        while (!order.equals("quit")) {
            client.doWork();
            final @Nullable String next = orders.next();
            order = next == null ? "" : next;
            switch (order) {
                case "pause" -> isRunning = false;
                case "run" -> isRunning = true;
                case "hold" -> {
                    Orders.answer("HOLDING");
                    obey(orders.await());
                }
                default -> obey(order);
            }
            if (isRunning && !claim.isOpen()) {
                publish();
            }
            PACE.idle();
        }
    }

    private void obey(final String order) {
        switch (order) {
            case "burst" -> Orders.answer("BURST " + burst());
            case "claim" -> Orders.answer("CLAIMED " + claim());
            case "commit" -> Orders.answer("COMMITTED " + claim.commit());
            case "report" -> Orders.answer("PUBLISHED " + published + " " + backPressured);
            default -> {}
        }
    }

    /** How many were announced, and the last result. */
    private String burst() {
        int announced = 0;
        long result = 0;
        for (int i = 0; i < BURST; i++) {
            result = publish();
            announced += result > 0 ? 1 : 0;
        }
        return announced + " " + result;
    }

    private long publish() {
        final long seq = claim();
        return seq < 0 ? seq : commit();
    }

    private long claim() {
        final long seq = producer.tryClaim(Stamp.SHAPE, claim);
        if (seq < 0) {
            if (!wasRefused) {
                Orders.answer(seq == Producer.NO_EPOCH ? "NO_EPOCH" : "CLAIM " + seq);
            }
            wasRefused = true;
            return seq;
        }
        wasRefused = false;
        if (seq == 0) {
            lease++;
            Orders.answer("LEASE " + lease);
        }
        try {
            new Stamp(producerId, lease, seq).write(claim.payload());
        } catch (final IllegalStateException unmapped) {
            claim.abort();
            return Producer.EPOCH_CHANGED;
        }
        return seq;
    }

    private long commit() {
        final long result = claim.commit();
        published += result > 0 ? 1 : 0;
        backPressured += result == Producer.BACK_PRESSURED ? 1 : 0;
        return result;
    }
}
