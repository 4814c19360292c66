"""Not run: read by mypy --strict, which must see exactly these types and refuse exactly these calls."""

from __future__ import annotations

from typing import assert_type

from factorywager import AsyncSecrets, Change, HybridConfig, Info, Secret, Secrets, SecretsManager, blocking, secrets


def blocking_facade(own: Secrets) -> None:
    assert_type(own.get("com.example", "token"), str | None)
    assert_type(own.get(service="com.example", name="token"), str | None)
    assert_type(own.get({"service": "com.example", "name": "token"}), str | None)
    assert_type(own.delete("com.example", "token"), bool)
    assert_type(own.exists("com.example", "token"), bool)
    assert_type(own.safe_get("com.example", "token"), str | None)
    assert_type(own.list(), list[Info])
    assert_type(own.get_many("com.example"), dict[str, str])
    assert_type(own.get_many("com.example", ["a"]), dict[str, str])
    assert_type(own.get_or_create("com.example", "token", lambda: "made"), str)
    own.set("com.example", "token", "value")
    own.set("com.example", "token", Secret("value"), persist="local", allow_unrestricted_access=True)
    own.set_many("com.example", {"token": "value", "other": Secret("value")})
    with own.lease("com.example", "token") as view:
        assert_type(view, memoryview)
    for change in own.watch("com.example"):
        assert_type(change, Change)
    with own as same:
        assert_type(same, Secrets)
    assert_type(blocking.secrets, Secrets)


async def asynchronous_facade(own: AsyncSecrets) -> None:
    assert_type(await own.get("com.example", "token"), str | None)
    assert_type(await own.get({"service": "com.example", "name": "token"}), str | None)
    assert_type(await own.delete("com.example", "token"), bool)
    assert_type(await own.exists("com.example", "token"), bool)
    assert_type(await own.safe_get("com.example", "token"), str | None)
    assert_type(await own.list(), list[Info])
    assert_type(await own.get_many("com.example"), dict[str, str])
    assert_type(await own.get_or_create("com.example", "token", lambda: "made"), str)
    await own.set("com.example", "token", "value")
    await own.set_many("com.example", {"token": "value"})
    async with own.lease("com.example", "token") as view:
        assert_type(view, memoryview)
    async for change in own.watch("com.example"):
        assert_type(change, Change)
    async with own as same:
        assert_type(same, AsyncSecrets)
    assert_type(secrets, AsyncSecrets)


async def guide(manager: SecretsManager, config: HybridConfig) -> None:
    assert_type(await manager.retrieve_securely("token"), str | None)
    assert_type(await manager.safe_get("token"), str | None)
    await manager.store_securely("token", "value")
    assert_type(await config.get_api_token(), str)
    assert_type(await config.resolve("token", env="TOKEN"), str)


def blocking_guide(manager: blocking.SecretsManager, config: blocking.HybridConfig) -> None:
    assert_type(manager.retrieve_securely("token"), str | None)
    assert_type(config.get_api_token(), str)


def refused(own: Secrets, secret: Secret) -> None:
    own.get(5, "token")  # type: ignore[arg-type]
    own.set("com.example", "token", b"bytes")  # type: ignore[arg-type]
    own.get("com.example", "token", "extra")  # type: ignore[call-arg]
    own.get_or_create("com.example", "token", "not a function")  # type: ignore[arg-type]
    hash(secret)
    assert_type(secret.reveal(), str)
    with secret.lease() as view:
        assert_type(view, memoryview)
