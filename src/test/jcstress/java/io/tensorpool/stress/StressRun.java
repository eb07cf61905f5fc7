package io.tensorpool.stress;

import java.io.IOException;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Stream;
import org.openjdk.jcstress.JCStress;
import org.openjdk.jcstress.Options;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;

/**
 * Runs the stress tests with the given options of jcstress, fails if one of them fails, and says at the end whether the
 * variant without the fences went wrong on this machine.
 */
public final class StressRun {
    /** So many states are alive at a time at most: 256 times 40, of the {@link Cells} that there are. */
    private static final String[] STRIDES = {"-strideSize", "256", "-strideCount", "40"};

    private static final Set<String> WHOLE = Set.of("0, 0, 0", "1, 1, 1", "-1, -1, -1");

    private long mixtures;
    private long samples;

    private StressRun() {}

    public static void main(final String[] args) throws Exception {
        final Options options = new Options(
                Stream.concat(Arrays.stream(STRIDES), Arrays.stream(args)).toArray(String[]::new));
        if (!options.parse()) {
            System.exit(2);
        }
        final JCStress stress = new JCStress(options);
        stress.run();
        new StressRun().report(options);
    }

    private void report(final Options options) throws IOException, ClassNotFoundException {
        final DiskReadCollector results = new DiskReadCollector(options.getResultFile(), this::add);
        results.dump();
        results.close();
        if (samples == 0) {
            return; // the variant was not among those asked for
        }
        System.out.println(
                mixtures == 0
                        ? "Without the fences: no mixture in " + samples + " reads. This machine and compiler keep the"
                                + " order by themselves; others do not have to."
                        : "Without the fences: " + mixtures + " mixtures in " + samples
                                + " reads. With them there is none.");
    }

    private void add(final TestResult result) {
        if (result.getName().equals(BrokenWithoutFences.class.getName())) {
            for (final String state : result.getStateKeys()) {
                samples += result.getCount(state);
                mixtures += WHOLE.contains(state) ? 0 : result.getCount(state);
            }
        }
    }
}
