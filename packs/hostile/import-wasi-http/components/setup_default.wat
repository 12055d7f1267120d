;; Imports an outgoing HTTP handler.
(component
  (import "wasi:http/outgoing-handler@0.2.6" (instance
    (export "handle" (func (param "request" u32))))))
