;; Says for ever that it works.
(component
  (import "greentic:deploy-component/plan-api@0.1.0" (instance $api
    (export "get-deployment-plan" (func (result string)))
    (export "emit-status" (func (param "message" string)))))
  (import "wasi:filesystem/types@0.2.6" (instance $types
    (export "descriptor" (type $descriptor (sub resource)))
    (type $error0 (enum
      "access" "would-block" "already" "bad-descriptor" "busy" "deadlock" "quota" "exist"
      "file-too-large" "illegal-byte-sequence" "in-progress" "interrupted" "invalid" "io"
      "is-directory" "loop" "too-many-links" "message-size" "name-too-long" "no-device"
      "no-entry" "no-lock" "insufficient-memory" "insufficient-space" "not-directory"
      "not-empty" "not-recoverable" "unsupported" "no-tty" "no-such-device" "overflow"
      "not-permitted" "pipe" "read-only" "invalid-seek" "text-file-busy" "cross-device"))
    (export "error-code" (type $error (eq $error0)))
    (type $path0 (flags "symlink-follow"))
    (export "path-flags" (type $path (eq $path0)))
    (type $open0 (flags "create" "directory" "exclusive" "truncate"))
    (export "open-flags" (type $open (eq $open0)))
    (type $flags0 (flags
      "read" "write" "file-integrity-sync" "data-integrity-sync" "requested-write-sync"
      "mutate-directory"))
    (export "descriptor-flags" (type $flags (eq $flags0)))
    (type $filesize0 u64)
    (export "filesize" (type $filesize (eq $filesize0)))
    (export "[method]descriptor.open-at" (func
      (param "self" (borrow $descriptor)) (param "path-flags" $path) (param "path" string)
      (param "open-flags" $open) (param "flags" $flags)
      (result (result (own $descriptor) (error $error)))))
    (export "[method]descriptor.write" (func
      (param "self" (borrow $descriptor)) (param "buffer" (list u8)) (param "offset" $filesize)
      (result (result $filesize (error $error)))))))
  (alias export $types "descriptor" (type $descriptor))
  (import "wasi:filesystem/preopens@0.2.6" (instance $preopens
    (export "descriptor" (type $d (eq $descriptor)))
    (export "get-directories" (func (result (list (tuple (own $d) string)))))))
  (core module $libc
    (memory (export "memory") 8)
    (global $next (mut i32) (i32.const 65536))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))
  (core func $plan (canon lower (func $api "get-deployment-plan") (memory $memory) (realloc $realloc)))
  (core func $status (canon lower (func $api "emit-status") (memory $memory) (realloc $realloc)))
  (core func $folders (canon lower (func $preopens "get-directories") (memory $memory) (realloc $realloc)))
  (core func $open (canon lower (func $types "[method]descriptor.open-at") (memory $memory) (realloc $realloc)))
  (core func $write (canon lower (func $types "[method]descriptor.write") (memory $memory) (realloc $realloc)))
  (core module $render
    (import "libc" "memory" (memory 8))
    (import "host" "plan" (func $plan (param i32)))
    (import "host" "status" (func $status (param i32 i32)))
    (import "host" "folders" (func $folders (param i32)))
    (import "host" "open" (func $open (param i32 i32 i32 i32 i32 i32 i32)))
    (import "host" "write" (func $write (param i32 i32 i32 i64 i32)))
    (data (i32.const 128) "reads the plan")
    (data (i32.const 160) "plan.json")
    (global $folder (mut i32) (i32.const 0))
    (global $file (mut i32) (i32.const 0))
    ;; Opens the file of this name to write it; ends the step if that is refused.
    (func $create (param $name i32) (param $len i32) (result i32)
      (call $open (global.get $folder) (i32.const 0) (local.get $name) (local.get $len)
        (i32.const 9) (i32.const 2) (i32.const 32))
      (if (i32.load8_u (i32.const 32)) (then (return (i32.const 0))))
      (global.set $file (i32.load (i32.const 36)))
      (i32.const 1))
    (func $put (param $at i32) (param $len i32) (param $offset i64)
      (call $write (global.get $file) (local.get $at) (local.get $len) (local.get $offset)
        (i32.const 48)))
    (func (export "run") (result i32)
      (call $status (i32.const 128) (i32.const 14))
      (call $folders (i32.const 16))
      (if (i32.eqz (i32.load (i32.const 20))) (then (unreachable)))
      (global.set $folder (i32.load (i32.load (i32.const 16))))
      (call $plan (i32.const 24))
      (loop $ever (call $status (i32.const 128) (i32.const 14)) (br $ever))
      (i32.const 64)))
  (core instance $i (instantiate $render
    (with "libc" (instance $libc))
    (with "host" (instance
      (export "plan" (func $plan)) (export "status" (func $status))
      (export "folders" (func $folders)) (export "open" (func $open))
      (export "write" (func $write))))))
  (func (export "run") (result (result (error string)))
    (canon lift (core func $i "run") (memory $memory))))
