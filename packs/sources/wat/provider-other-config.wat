;; A provider whose config has a key that the schema of its pack does not know.
(component
  (core module $guest
    (memory (export "memory") 2)
    (global $top (mut i32) (i32.const 65536))
    (data (i32.const 64) "{\22mode\22:\22default\22,\22title\22:{\22key\22:\22chat.title\22},\22questions\22:[{\22id\22:\22room\22,\22kind\22:{\22type\22:\22text\22},\22label\22:{\22key\22:\22chat.room\22},\22required\22:true},{\22id\22:\22bot_token\22,\22kind\22:{\22type\22:\22text\22},\22label\22:{\22key\22:\22chat.bot_token\22},\22required\22:true}],\22defaults\22:{}}") ;; the answer to qa-spec
    (data (i32.const 320) "[\22chat.title\22,\22chat.room\22,\22chat.bot_token\22,\22chat.api_token\22]") ;; the answer to i18n-keys
    (data (i32.const 384) "{\22ok\22:true,\22config\22:{\22room\22:\22blue\22,\22floor\22:2},\22diagnostics\22:[],\22plan\22:{\22config_patch\22:{\22room\22:\22blue\22,\22floor\22:2}}}") ;; the answer to apply-answers
    (data (i32.const 512) "{\22ok\22:false,\22error\22:\22unsupported op\22}") ;; the answer to other operations
    (data (i32.const 560) "{\22name\22:\22chat-provider\22}") ;; the answer to describe
    ;; Inputs go behind the answers, each call anew.
    (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (global.get $top))
      (global.set $top (i32.add (global.get $top) (local.get $size)))
      (block $fits
        (br_if $fits
          (i32.le_u (global.get $top) (i32.mul (memory.size) (i32.const 65536))))
        (br_if $fits
          (i32.ne (i32.const -1)
            (memory.grow (i32.add (i32.const 1) (i32.div_u (local.get $size) (i32.const 65536))))))
        unreachable)
      (local.get $at))
    (func $answer (param $at i32) (param $length i32) (result i32)
      (i32.store (i32.const 0) (local.get $at))
      (i32.store (i32.const 4) (local.get $length))
      (i32.const 0))
    (func (export "describe") (result i32) (call $answer (i32.const 560) (i32.const 24)))
    (func (export "bytes") (param i32 i32) (result i32) (call $answer (i32.const 512) (i32.const 37)))
    ;; The first letter tells the operations apart: qa-spec, i18n-keys, apply-answers.
    (func (export "invoke") (param $op i32) (param $op-length i32) (param i32 i32) (result i32)
      (local $letter i32)
      (local.set $letter (i32.load8_u (local.get $op)))
      (if (i32.eq (local.get $letter) (i32.const 113)) (then (return (call $answer (i32.const 64) (i32.const 247)))))
      (if (i32.eq (local.get $letter) (i32.const 105)) (then (return (call $answer (i32.const 320) (i32.const 60)))))
      (if (i32.eq (local.get $letter) (i32.const 97)) (then (return (call $answer (i32.const 384) (i32.const 113)))))
      (call $answer (i32.const 512) (i32.const 37))))
  (core instance $i (instantiate $guest))
  (type $bytes (list u8))
  (func $describe (result $bytes)
    (canon lift (core func $i "describe") (memory (core memory $i "memory"))))
  (func $bytes (param "config-json" $bytes) (result $bytes)
    (canon lift (core func $i "bytes")
      (memory (core memory $i "memory")) (realloc (core func $i "cabi_realloc"))))
  (func $invoke (param "op" string) (param "input-json" $bytes) (result $bytes)
    (canon lift (core func $i "invoke")
      (memory (core memory $i "memory")) (realloc (core func $i "cabi_realloc"))))
  (instance $api
    (export "describe" (func $describe))
    (export "validate-config" (func $bytes))
    (export "healthcheck" (func $describe))
    (export "invoke" (func $invoke)))
  (export "greentic:provider-schema-core/schema-core-api@1.0.0" (instance $api)))
