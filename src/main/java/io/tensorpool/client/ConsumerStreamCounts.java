package io.tensorpool.client;

/**
 * How a producer serves consumers on streams of their own.
 *
 * @param served   descriptor and progress streams of single consumers that are open now.
 * @param declined wishes and assignments, so far, that could not be met: half a wish, a channel that is not plain IPC, an id
 *                 in use, too many consumers.
 * @param dropped  messages, so far, that met back pressure there; each is lost to one consumer.
 * @param skipped  descriptors, so far, that a consumer's own rate left out.
 */
public record ConsumerStreamCounts(int served, long declined, long dropped, long skipped) {}
