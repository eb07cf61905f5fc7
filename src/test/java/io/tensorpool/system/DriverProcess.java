package io.tensorpool.system;

import io.tensorpool.EpochPolicy;
import io.tensorpool.TensorPoolException;
import io.tensorpool.driver.TensorPoolDriver;
import java.nio.file.Path;

/** A driver, without a media driver, until it is told {@code close} or killed. */
final class DriverProcess {
    private DriverProcess() {}

    public static void main(final String[] args) throws InterruptedException {
        final Orders orders = new Orders();
        final EpochPolicy collecting = new EpochPolicy(true, 2, -1, true, true);
        try (TensorPoolDriver driver = TensorPoolDriver.launch(
                SystemContexts.driver(args[0], Path.of(args[1])).epochPolicy(collecting))) {
            driver.ended().exceptionally(cause -> {
                Orders.answer("ENDED " + cause.getMessage());
                return null;
            });
            Orders.answer("READY " + driver);
            orders.await();
        } catch (final TensorPoolException ex) {
            Orders.answer("REFUSED " + ex.getMessage());
            return;
        }
        Orders.answer("CLOSED");
    }
}
