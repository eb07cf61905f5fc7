package io.tensorpool.client;

import java.util.concurrent.atomic.AtomicLong;
import org.agrona.ErrorHandler;

/** Counts what the application's error handler is told. Any thread. */
final class CountingErrorHandler implements ErrorHandler {
    private final ErrorHandler handler;
    private final AtomicLong count = new AtomicLong();

    CountingErrorHandler(final ErrorHandler handler) {
        this.handler = handler;
    }

    @Override
    public void onError(final Throwable error) {
        count.incrementAndGet();
        handler.onError(error);
    }

    long count() {
        return count.get();
    }
}
