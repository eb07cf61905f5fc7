package io.tensorpool.system;

import io.tensorpool.client.Consumer;
import io.tensorpool.client.TensorPoolClient;
import java.nio.file.Path;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SleepingMillisIdleStrategy;

/**
 * A consumer with descriptor terms of the default length. It says {@code ATTACHED}; {@code report} is answered with how
 * many frames it received, its gap, how many frames were late, and what was wrong.
 */
final class StoppableConsumer {
    private StoppableConsumer() {}

    public static void main(final String[] args) {
        final Orders orders = new Orders();
        final FrameWatch watch = new FrameWatch();
        final IdleStrategy idle = new SleepingMillisIdleStrategy(1);
        try (TensorPoolClient client =
                        TensorPoolClient.connect(StoppedConsumerTest.clientContext(args[0], Path.of(args[1])));
                Consumer consumer = client.addConsumer(SystemContexts.STREAM_ID)) {
            Orders.answer("ATTACHED");
            String order = "";
            while (!"quit".equals(order)) {
                idle.idle(consumer.poll(watch, 1_000));
                order = orders.next();
                if ("report".equals(order)) {
                    Orders.answer("COUNTS " + consumer.counts().received() + " "
                            + consumer.counts().dropsGap() + " "
                            + consumer.counts().dropsLate() + " " + watch.violations());
                }
            }
        }
        Orders.answer("CLOSED");
    }
}
