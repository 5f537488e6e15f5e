package dev.rollcall.registry.check;

import dev.rollcall.registry.check.CheckResult.Verdict;
import dev.rollcall.registry.loop.Loop;
import dev.rollcall.registry.model.CheckDefinition;
import dev.rollcall.registry.model.HostPort;
import io.netty.channel.ConnectTimeoutException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.ConnectOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import java.net.ConnectException;
import java.util.concurrent.TimeoutException;

/**
 * The clients behind the probes of one agent. Each probe uses a connection of its own, because whether new ones are taken is
 * part of what it asks.
 */
public final class Probes {
    private static final int MAX_CONNECTIONS_PER_TARGET = 16;

    private final Loop loop;
    private final HttpClient http;
    private final NetClient tcp;

    public Probes(Loop loop) {
        this.loop = loop;
        this.http = loop.vertx()
                .createHttpClient(
                        new HttpClientOptions().setKeepAlive(false),
                        new PoolOptions().setHttp1MaxSize(MAX_CONNECTIONS_PER_TARGET));
        this.tcp = loop.vertx().createNetClient(new NetClientOptions());
    }

    /** Gives the clients back. */
    public void close() {
        http.close();
        tcp.close();
    }

    Probe of(CheckDefinition check) {
        // The clients refuse some targets by throwing; inside compose that too is an answer.
        return () -> Future.succeededFuture()
                .compose(ignored -> switch (check.type()) {
                    case HTTP -> httpProbe(check);
                    case TCP -> tcpProbe(check);
                })
                .otherwise(cause -> failure(check, cause));
    }

    private Future<CheckResult> httpProbe(CheckDefinition check) {
        int timeoutMs = (int) check.timeout().toMillis();
        Promise<Void> over = Promise.promise();
        RequestOptions options = new RequestOptions()
                .setMethod(HttpMethod.GET)
                .setAbsoluteURI(check.target())
                .setFollowRedirects(false)
                .setConnectTimeout(timeoutMs)
                .putHeader("User-Agent", "Rollcall-Check");
        Future<CheckResult> answer = http.request(options).compose(request -> {
            over.future().onComplete(ignored -> request.reset());
            return request.exceptionHandler(ignored -> {}).send().map(response -> {
                // Once its status is known the rest is not waited for, so that it breaks off is no news.
                response.exceptionHandler(ignored -> {});
                return judge(response);
            });
        });
        return settle(check, answer).onComplete(ignored -> over.tryComplete());
    }

    private Future<CheckResult> tcpProbe(CheckDefinition check) {
        HostPort target = HostPort.parse(check.target());
        ConnectOptions options = new ConnectOptions()
                .setHost(target.host())
                .setPort(target.port())
                .setTimeout((int) check.timeout().toMillis());
        Future<CheckResult> answer = tcp.connect(options).map(socket -> {
            socket.close();
            return new CheckResult(Verdict.PASS, "connected");
        });
        return settle(check, answer);
    }

    private Future<CheckResult> settle(CheckDefinition check, Future<CheckResult> answer) {
        return loop.within(check.timeout().toMillis(), answer);
    }

    private static CheckResult judge(HttpClientResponse response) {
        response.exceptionHandler(ignored -> {}); // the body is cut off unread; without a handler Vert.x logs that
        int status = response.statusCode();
        Verdict verdict = status >= 200 && status < 300 ? Verdict.PASS : status == 429 ? Verdict.WARN : Verdict.FAIL;
        return new CheckResult(verdict, "HTTP " + status + " " + response.statusMessage());
    }

    private static CheckResult failure(CheckDefinition check, Throwable cause) {
        if (cause instanceof TimeoutException || cause instanceof ConnectTimeoutException) {
            return new CheckResult(
                    Verdict.FAIL, "no answer in " + check.timeout().toMillis() + " ms");
        }
        if (cause instanceof ConnectException) {
            return new CheckResult(Verdict.REFUSED, "connection refused");
        }
        String text = cause.getMessage();
        return new CheckResult(Verdict.FAIL, text == null ? cause.getClass().getSimpleName() : text);
    }
}
