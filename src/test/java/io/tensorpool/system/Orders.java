package io.tensorpool.system;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** What the test says to one of its processes, by lines; when it says no more, the process ends. */
final class Orders {
    private final BlockingQueue<String> orders = new LinkedBlockingQueue<>();

    Orders() {
        Thread.ofPlatform().daemon().start(this::read);
    }

    private void read() {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            String line = in.readLine();
            while (line != null) {
                orders.add(line);
                line = in.readLine();
            }
        } catch (final IOException ex) {
            System.out.println(ex);
        } finally {
            Runtime.getRuntime().halt(3);
        }
    }

    /** The next one, or null. */
    @Nullable
    String next() {
        return orders.poll();
    }

    /** Does nothing until the next one comes. */
    String await() throws InterruptedException {
        return orders.take();
    }

    static void answer(final String line) {
        System.out.println(line);
        System.out.flush();
    }
}
