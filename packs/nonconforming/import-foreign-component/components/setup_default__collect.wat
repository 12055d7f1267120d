;; A component that imports a key-value store and exports a step.
(component
  (import "wasi:keyvalue/store@0.2.0" (instance
    (export "list-keys" (func (result (list string))))))
  (core module $step
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "run") (param i32 i32) (result i32) (i32.const 0)))
  (core instance $i (instantiate $step))
  (func (export "run") (param "input" string) (result (result string (error string)))
    (canon lift (core func $i "run")
      (memory (core memory $i "memory")) (realloc (core func $i "cabi_realloc")))))
