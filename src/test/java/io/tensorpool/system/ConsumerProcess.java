package io.tensorpool.system;

import io.tensorpool.client.Consumer;
import io.tensorpool.client.ConsumerOptions;
import io.tensorpool.client.TensorPoolClient;
import java.nio.file.Path;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SleepingMillisIdleStrategy;

/** A consumer that says {@code ATTACHED}, then {@code FLOWING} when frames come, and answers {@code report} and {@code frames}. */
final class ConsumerProcess {
    private ConsumerProcess() {}

    /** With "direct" as the last argument it asks no driver. */
    private static ConsumerOptions optionsOf(final String[] args) {
        final ConsumerOptions options = ConsumerOptions.of(SystemContexts.STREAM_ID);
        return args[args.length - 1].equals("direct") ? options.withoutDriver() : options;
    }

    public static void main(final String[] args) {
        final Orders orders = new Orders();
        final FrameWatch watch = new FrameWatch();
        final IdleStrategy idle = new SleepingMillisIdleStrategy(1);
        boolean isFlowing = false;
        try (TensorPoolClient client = TensorPoolClient.connect(
                        SystemContexts.client(args[0], Path.of(args[1]), Long.parseLong(args[2])));
                Consumer consumer = client.addConsumer(optionsOf(args))) {
            Orders.answer("ATTACHED");
            String order = "";
            while (!"quit".equals(order)) {
                idle.idle(consumer.poll(watch, 10));
                if (!isFlowing && watch.frames() > 0) {
                    isFlowing = true;
                    Orders.answer("FLOWING");
                }
                order = orders.next();
                if ("report".equals(order)) {
                    Orders.answer("VIOLATIONS " + watch.violations());
                } else if ("frames".equals(order)) {
                    Orders.answer("FRAMES " + watch.frames());
                }
            }
        }
    }
}
