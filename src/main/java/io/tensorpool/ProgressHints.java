package io.tensorpool;

/**
 * How often a consumer wishes to hear of a frame that fills up (wire specification 10.1.2). A producer takes the smallest
 * wishes of all its consumers, within its own limits.
 *
 * @param areWanted       whether the consumer takes progress messages at all.
 * @param intervalUs      least time between two of them in microseconds, unsigned; {@link #UNSET} leaves it to the producer.
 * @param bytesDelta      least growth between two of them in bytes, unsigned; {@link #UNSET} leaves it to the producer.
 * @param majorDeltaUnits least growth in rows or columns, unsigned; {@link #UNSET} leaves it to the producer.
 */
public record ProgressHints(boolean areWanted, int intervalUs, int bytesDelta, int majorDeltaUnits) {
    /** In place of a number: no wish. */
    public static final int UNSET = -1;
    /** Of a consumer that takes no progress messages. */
    public static final ProgressHints NOT_WANTED = new ProgressHints(false, UNSET, UNSET, UNSET);
    /** Of a consumer that leaves everything to the producer. */
    public static final ProgressHints ANY = new ProgressHints(true, UNSET, UNSET, UNSET);
}
