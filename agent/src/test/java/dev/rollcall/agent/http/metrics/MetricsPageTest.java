package dev.rollcall.agent.http.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Many who ask for the metrics at once, and what they share. */
class MetricsPageTest {
    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void close() throws Exception {
        await(vertx.close());
    }

    @Test
    void whoAsksBeforeAPageIsBegunSharesIt() throws Exception {
        AtomicInteger made = new AtomicInteger();
        CountDownLatch begun = new CountDownLatch(1);
        Semaphore go = new Semaphore(0);
        MetricsPage page = new MetricsPage(vertx, () -> {
            begun.countDown();
            go.acquireUninterruptibly();
            return "page " + made.incrementAndGet();
        });
        Future<Buffer> first = page.get();
        begun.await();
        Future<Buffer> second = page.get();
        Future<Buffer> third = page.get();
        go.release(3);
        assertEquals("page 1", await(first).toString());
        assertEquals("page 2", await(second).toString());
        assertSame(await(second), await(third));
        assertNotSame(await(second), await(page.get()));
        assertEquals(3, made.get());
    }

    @Test
    void onePageThatFailsIsNotTheLast() throws Exception {
        AtomicInteger made = new AtomicInteger();
        MetricsPage page = new MetricsPage(vertx, () -> {
            if (made.incrementAndGet() == 1) {
                throw new IllegalStateException("no page");
            }
            return "page";
        });
        Future<Buffer> failed = page.get();
        assertThrows(ExecutionException.class, () -> await(failed));
        assertEquals("page", await(page.get()).toString());
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
}
