;; Reads and writes its stores as its program says; each letter is one call, and a call
;; that does not find what the letter demands traps:
;; S sets the secret TOKEN, G demands the set value, N demands none, F sets one with a
;; foreign key; W writes the state `cursor`, R demands it, D deletes it, M demands none;
;; B demands the config `room`; U asks for subscriptions, O for an OAuth exchange, H
;; demands that HTTP is refused; L writes a mebibyte of state; T traps.
(component
  (import "greentic:secrets-store/secrets-store@1.1.0" (instance $secrets
    (type $e0 (enum "not-found" "denied" "invalid-key" "internal"))
    (export "secrets-error" (type $e (eq $e0)))
    (export "get" (func (param "key" string) (result (result (option (list u8)) (error $e)))))
    (export "put" (func (param "key" string) (param "value" (list u8))))))
  (import "greentic:state/state-store@1.0.0" (instance $state
    (type $h0 (record (field "code" string) (field "message" string)))
    (export "host-error" (type $h (eq $h0)))
    (type $k0 (enum "ok"))
    (export "op-ack" (type $k (eq $k0)))
    (export "read" (func (param "key" string) (result (result (list u8) (error $h)))))
    (export "write" (func (param "key" string) (param "bytes" (list u8)) (result (result $k (error $h)))))
    (export "delete" (func (param "key" string) (result (result $k (error $h)))))))
  (import "greentic:http/http-client@1.0.0" (instance $http
    (type $h0 (record (field "code" string) (field "message" string)))
    (export "host-error" (type $h (eq $h0)))
    (export "send" (func (param "url" string) (result (result (error $h)))))))
  (import "greentic:provision-step/config@0.1.0" (instance $config
    (export "get" (func (param "key" string) (result (option string))))))
  (import "greentic:provision-step/subscriptions@0.1.0" (instance $subscriptions
    (export "sync" (func (param "desired" string) (result (result (error string)))))))
  (import "greentic:oauth-broker/broker-v1@1.0.0" (instance $oauth
    (export "exchange-code" (func (param "provider-id" string) (param "subject" string) (param "code" string) (param "redirect-path" string) (result string)))))
  (core module $libc
    (memory (export "memory") 64)
    (global $next (mut i32) (i32.const 2097152))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))
  (core func $get (canon lower (func $secrets "get") (memory $memory) (realloc $realloc)))
  (core func $put (canon lower (func $secrets "put") (memory $memory) (realloc $realloc)))
  (core func $read (canon lower (func $state "read") (memory $memory) (realloc $realloc)))
  (core func $write (canon lower (func $state "write") (memory $memory) (realloc $realloc)))
  (core func $delete (canon lower (func $state "delete") (memory $memory) (realloc $realloc)))
  (core func $send (canon lower (func $http "send") (memory $memory) (realloc $realloc)))
  (core func $config (canon lower (func $config "get") (memory $memory) (realloc $realloc)))
  (core func $sync (canon lower (func $subscriptions "sync") (memory $memory) (realloc $realloc)))
  (core func $exchange (canon lower (func $oauth "exchange-code") (memory $memory) (realloc $realloc)))
  (core module $step
    (import "libc" "memory" (memory 1))
    (import "host" "get" (func $get (param i32 i32 i32)))
    (import "host" "put" (func $put (param i32 i32 i32 i32)))
    (import "host" "read" (func $read (param i32 i32 i32)))
    (import "host" "write" (func $write (param i32 i32 i32 i32 i32)))
    (import "host" "delete" (func $delete (param i32 i32 i32)))
    (import "host" "send" (func $send (param i32 i32 i32)))
    (import "host" "config" (func $config (param i32 i32 i32)))
    (import "host" "sync" (func $sync (param i32 i32 i32)))
    (import "host" "exchange" (func $exchange (param i32 i32 i32 i32 i32 i32 i32 i32 i32)))
    (data (i32.const 64) "{}")
    (data (i32.const 512) "TOKEN")
    (data (i32.const 528) "../TOKEN")
    (data (i32.const 544) "s3cret-v")
    (data (i32.const 560) "cursor")
    (data (i32.const 576) "42")
    (data (i32.const 592) "room")
    (data (i32.const 608) "https://a.invalid")
    (data (i32.const 640) "chat")
    (data (i32.const 1024) "PROGRAM ")
    (func $demand (param i32) (if (i32.eqz (local.get 0)) (then unreachable)))
    ;; The tag of the result of the last call.
    (func $tag (result i32) (i32.load8_u (i32.const 128)))
    (func $secret (call $get (i32.const 512) (i32.const 5) (i32.const 128)))
    (func $cursor (call $read (i32.const 560) (i32.const 6) (i32.const 128)))
    (func $ok (call $demand (i32.eqz (call $tag))))
    (func $secrets (param $c i32)
      (if (i32.eq (local.get $c) (i32.const 0x53)) (then ;; S
        (call $put (i32.const 512) (i32.const 5) (i32.const 544) (i32.const 8))))
      (if (i32.eq (local.get $c) (i32.const 0x46)) (then ;; F
        (call $put (i32.const 528) (i32.const 8) (i32.const 544) (i32.const 8))))
      (if (i32.eq (local.get $c) (i32.const 0x47)) (then ;; G
        (call $secret) (call $ok)
        (call $demand (i32.load8_u (i32.const 132)))
        (call $demand (i32.eq (i32.load (i32.const 140)) (i32.const 8)))
        (call $demand (i64.eq (i64.load (i32.load (i32.const 136))) (i64.load (i32.const 544))))))
      (if (i32.eq (local.get $c) (i32.const 0x4e)) (then ;; N
        (call $secret) (call $ok)
        (call $demand (i32.eqz (i32.load8_u (i32.const 132)))))))
    (func $state (param $c i32)
      (if (i32.eq (local.get $c) (i32.const 0x57)) (then ;; W
        (call $write (i32.const 560) (i32.const 6) (i32.const 576) (i32.const 2) (i32.const 128))
        (call $ok)))
      (if (i32.eq (local.get $c) (i32.const 0x52)) (then ;; R
        (call $cursor) (call $ok)
        (call $demand (i32.eq (i32.load (i32.const 136)) (i32.const 2)))
        (call $demand (i32.eq (i32.load16_u (i32.load (i32.const 132))) (i32.load16_u (i32.const 576))))))
      (if (i32.eq (local.get $c) (i32.const 0x44)) (then ;; D
        (call $delete (i32.const 560) (i32.const 6) (i32.const 128)) (call $ok)))
      (if (i32.eq (local.get $c) (i32.const 0x4d)) (then ;; M
        (call $cursor) (call $demand (call $tag))))
      (if (i32.eq (local.get $c) (i32.const 0x4c)) (then ;; L
        (call $write (i32.const 560) (i32.const 6) (i32.const 4096) (i32.const 1048000) (i32.const 128)))))
    (func $rest (param $c i32)
      (if (i32.eq (local.get $c) (i32.const 0x42)) (then ;; B
        (call $config (i32.const 592) (i32.const 4) (i32.const 128)) (call $demand (call $tag))))
      (if (i32.eq (local.get $c) (i32.const 0x48)) (then ;; H
        (call $send (i32.const 608) (i32.const 17) (i32.const 128)) (call $demand (call $tag))))
      (if (i32.eq (local.get $c) (i32.const 0x55)) (then ;; U
        (call $sync (i32.const 64) (i32.const 2) (i32.const 128)) (call $ok)))
      (if (i32.eq (local.get $c) (i32.const 0x4f)) (then ;; O
        (call $exchange (i32.const 640) (i32.const 4) (i32.const 0) (i32.const 0)
          (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 128))))
      (if (i32.eq (local.get $c) (i32.const 0x54)) (then unreachable)))
    (func (export "run") (param $ptr i32) (param $len i32) (result i32)
      (local $at i32) (local $c i32)
      (loop $next
        (local.set $c (i32.load8_u (i32.add (i32.const 1024) (local.get $at))))
        (call $secrets (local.get $c)) (call $state (local.get $c)) (call $rest (local.get $c))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $at) (i32.const 16))))
      (i32.store8 (i32.const 0) (i32.const 0))
      (i32.store (i32.const 4) (i32.const 64))
      (i32.store (i32.const 8) (i32.const 2))
      (i32.const 0)))
  (core instance $i (instantiate $step
    (with "libc" (instance $libc))
    (with "host" (instance
      (export "get" (func $get)) (export "put" (func $put))
      (export "read" (func $read)) (export "write" (func $write))
      (export "delete" (func $delete)) (export "send" (func $send))
      (export "config" (func $config)) (export "sync" (func $sync))
      (export "exchange" (func $exchange))))))
  (func (export "run") (param "input" string) (result (result string (error string)))
    (canon lift (core func $i "run") (memory $memory) (realloc $realloc))))
