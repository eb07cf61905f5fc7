package io.tensorpool.client;

import java.util.concurrent.atomic.AtomicLong;
import org.agrona.ErrorHandler;

/** Counts what the application's error handler is told, and outlives what that throws. Any thread. */
final class CountingErrorHandler implements ErrorHandler {
    private final ErrorHandler handler;
    private final AtomicLong count = new AtomicLong();

    CountingErrorHandler(final ErrorHandler handler) {
        this.handler = handler;
    }

    @Override
    public void onError(final Throwable error) {
        count.incrementAndGet();
        try {
            handler.onError(error);
        } catch (final RuntimeException
                | Error thrown) { // there is nobody else to tell, and the conductor has to go on
            System.getLogger("io.tensorpool")
                    .log(System.Logger.Level.ERROR, "the error handler threw at: " + error, thrown);
        }
    }

    long count() {
        return count.get();
    }
}
