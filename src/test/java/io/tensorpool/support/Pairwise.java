package io.tensorpool.support;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Few combinations of the values of some axes in which every pair of values of two axes occurs. Greedy: of a number of
 * random combinations that hold a pair still missing, the one with most missing pairs is taken.
 */
public final class Pairwise {
    /** A value of one axis together with a value of another, by their indices; the first axis is the lower one. */
    public record Pair(int firstAxis, int firstValue, int secondAxis, int secondValue) {}

    private static final int CANDIDATES = 200;

    private Pairwise() {}

    /**
     * Combinations as indices of values.
     *
     * @param sizes number of values of each axis.
     * @param seed  the same combinations for the same seed.
     */
    public static List<int[]> combinations(final int[] sizes, final long seed) {
        final Random random = new Random(seed);
        final Set<Pair> missing = allPairs(sizes);
        final List<int[]> chosen = new ArrayList<>();
        while (!missing.isEmpty()) {
            final Pair wanted = missing.iterator().next();
            int[] best = {};
            long bestCount = 0;
            for (int i = 0; i < CANDIDATES; i++) {
                final int[] candidate = new int[sizes.length];
                for (int axis = 0; axis < sizes.length; axis++) {
                    candidate[axis] = random.nextInt(sizes[axis]);
                }
                candidate[wanted.firstAxis] = wanted.firstValue;
                candidate[wanted.secondAxis] = wanted.secondValue;
                final long count =
                        pairsOf(candidate).stream().filter(missing::contains).count();
                if (count > bestCount) {
                    best = candidate;
                    bestCount = count;
                }
            }
            missing.removeAll(pairsOf(best));
            chosen.add(best);
        }
        return chosen;
    }

    /** Every pair that there is. */
    public static Set<Pair> allPairs(final int[] sizes) {
        final Set<Pair> pairs = new HashSet<>();
        for (int first = 0; first < sizes.length; first++) {
            for (int second = first + 1; second < sizes.length; second++) {
                for (int i = 0; i < sizes[first]; i++) {
                    for (int j = 0; j < sizes[second]; j++) {
                        pairs.add(new Pair(first, i, second, j));
                    }
                }
            }
        }
        return pairs;
    }

    /** The pairs of one combination. */
    public static Set<Pair> pairsOf(final int[] combination) {
        final Set<Pair> pairs = new HashSet<>();
        for (int first = 0; first < combination.length; first++) {
            for (int second = first + 1; second < combination.length; second++) {
                pairs.add(new Pair(first, combination[first], second, combination[second]));
            }
        }
        return pairs;
    }
}
